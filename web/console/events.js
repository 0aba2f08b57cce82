// What happens, as it happens. fetch and not EventSource, which can send no token.
import {tokenHeader} from './api.js';

const pause = 5000;
const rest = () => new Promise((resolve) => { setTimeout(resolve, pause); });

let last = null;  // the id of the last event seen

async function follow(signal, changed) {
  const headers = {...tokenHeader(), ...(last === null ? {} : {'Last-Event-ID': last})};
  const response = await fetch('api/v1/events', {headers, signal, cache: 'no-store'});
  if (!response.ok) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const blocks = (text + part.value).split('\n\n');
    text = blocks.pop();
    for (const block of blocks) {
      last = /^id: (\d+)$/m.exec(block)?.[1] ?? last;
      if (/^event: /m.test(block)) changed();
    }
  }
}

// Only while somebody looks: a browser has few connections for all its tabs.
function looking() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => { document.addEventListener('visibilitychange', resolve, {once: true}); });
}

export async function watch(changed) {
  for (;;) {
    await looking();
    const abort = new AbortController();
    const leave = () => document.hidden && abort.abort();
    document.addEventListener('visibilitychange', leave);
    try {
      await follow(abort.signal, changed);
    } catch {
      // The page's own requests say that nobody answers.
    }
    document.removeEventListener('visibilitychange', leave);
    if (!document.hidden) await rest();
  }
}

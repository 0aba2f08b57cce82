// The outbox: what was told to whom, and whether it arrived.
import {get} from './api.js';
import {empty, h, table} from './dom.js';
import {deliveryError} from './proof.js';
import {amount, badge, moment, reasonWords} from './words.js';

const columns = [{title: 'When', class: 'narrow'}, {title: 'Target'}, {title: 'What', class: 'wide'},
  {title: 'State', class: 'narrow'}, {title: 'Tries', class: 'number'}];
const kinds = {delivered: 'ok', dead: 'bad', pending: 'pending'};
const choices = [['', 'all'], ['pending', 'on their way'], ['delivered', 'arrived'], ['dead', 'given up']];
const stateWords = {delivered: 'arrived', dead: 'given up', pending: 'on its way'};

function row(delivery) {
  return {cells: [
    moment(delivery.at), delivery.target,
    [h('a', {href: `#/incidents/${encodeURIComponent(delivery.incident)}`}, delivery.summary || delivery.rule),
      h('div', {class: 'sub'}, reasonWords[delivery.reason] || delivery.reason), deliveryError(delivery)],
    badge(kinds[delivery.state], stateWords[delivery.state] || delivery.state), amount(delivery.attempts)]};
}

export function deliveriesPage(frame, {isCurrent}) {
  const list = h('section');
  const select = h('select', {id: 'delivery-state', onchange: () => { shown = ''; refresh(); }},
    choices.map(([value, text]) => h('option', {value}, text)));
  let shown = '';

  async function refresh() {
    const {deliveries} = await get(`deliveries?limit=200${select.value ? `&state=${select.value}` : ''}`);
    if (!isCurrent()) return;
    const text = JSON.stringify(deliveries);
    if (text === shown) return;
    shown = text;
    list.replaceChildren(deliveries.length ? table(columns, deliveries.map(row), 'Deliveries')
      : empty('Nothing was sent', 'No notice fits; perhaps no target is configured.'));
  }
  frame.replaceChildren(h('h1', {}, 'Deliveries'),
    h('div', {class: 'filters'},
      h('div', {class: 'field'}, h('label', {for: 'delivery-state'}, 'Show'), select)), list);
  return {refresh};
}

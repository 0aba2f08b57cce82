// Talking to the server. Throws Refused with a sentence for people; 401 asks for a token and tries again.

const tokenKey = 'meshwarden-token';
const patience = 20000;  // milliseconds

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

let waiting = null;  // one question for a token, however many requests need it

function askToken(message) {
  if (waiting) return waiting;
  const dialog = document.getElementById('login');
  const form = document.getElementById('login-form');
  const field = document.getElementById('token');
  document.getElementById('login-error').textContent = message;
  waiting = new Promise((resolve, reject) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      sessionStorage.setItem(tokenKey, field.value.trim());
      field.value = '';
      waiting = null;
      resolve();
      dialog.close();
    };
    // Escape: who has asked must hear of it. After a token it comes late, when the next question may be open already.
    dialog.onclose = () => {
      if (dialog.open) return;
      waiting = null;
      reject(new Refused(401, 'No token was given. What you see may be old.'));
    };
  });
  dialog.showModal();
  field.focus();
  return waiting;
}

async function explain(response) {
  try {
    const problem = await response.json();
    return problem.detail || problem.title || response.statusText;
  } catch {
    return response.statusText || `status ${response.status}`;
  }
}

export function tokenHeader() {
  const token = sessionStorage.getItem(tokenKey);
  return token ? {Authorization: `Bearer ${token}`} : {};
}

export async function request(path, options = {}) {
  const token = sessionStorage.getItem(tokenKey);
  const headers = {...options.headers, ...tokenHeader()};
  let response;
  try {
    response = await fetch(path, {...options, headers, cache: 'no-store', signal: AbortSignal.timeout(patience)});
  } catch {
    throw new Refused(0, 'Meshwarden does not answer. What you see may be old.');
  }
  if (response.status === 401) {
    // Another request may have brought a newer token in the meantime.
    if (sessionStorage.getItem(tokenKey) === token) await askToken(token ? 'This token is not known here.' : '');
    return request(path, options);
  }
  if (!response.ok) throw new Refused(response.status, await explain(response));
  return response.json();
}

export const get = (path) => request(`api/v1/${path}`);

export const post = (path, body) => request(`api/v1/${path}`, {
  method: 'POST',
  headers: {'Content-Type': 'application/json'},
  body: JSON.stringify(body),
});

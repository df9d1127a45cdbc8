// The calls of API.md.

/** Refusal is an answer that is an error: its message is the server's own, its status that of HTTP. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Api calls the server. What changes something needs the token of the run. */
export class Api {
  constructor() { this.token = ''; }

  get(path) { return this.call(path, {}); }

  post(path, body) {
    return this.call(path, {
      method: 'POST', body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', 'X-Laglab-Token': this.token },
    });
  }

  async call(path, how) {
    let answer;
    try {
      answer = await fetch(path, how);
    } catch {
      throw new Refusal(0, 'the server does not answer: is laglab still running?');
    }
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refusal(answer.status, body.error ?? `the server answered ${answer.status}`);
    return body;
  }
}

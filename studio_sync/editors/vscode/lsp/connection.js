// JSON-RPC over the pipes of a language server, as the Language Server Protocol frames it.
'use strict';

const HEADER_END = Buffer.from('\r\n\r\n');
const MAX_HEADER = 4096;
const MAX_BODY = 64 * 1024 * 1024;
const METHOD_NOT_FOUND = -32601;

class Connection {
  /** `input` is read and `output` written; `handlers` answer what the server asks and take what it tells. */
  constructor(input, output, handlers) {
    this._output = output;
    this._handlers = handlers;
    this._waiting = new Map();
    this._next = 1;
    this._buffer = Buffer.alloc(0);
    this._closed = false;
    input.on('data', (data) => this._take(data));
    input.on('close', () => this.close());
    output.on('error', () => this.close());
  }

  notify(method, params) {
    this._send({ method, params });
  }

  /** The result of a request. Rejects with the server's error, or when the connection ends. */
  request(method, params, token) {
    if (this._closed) {
      return Promise.reject(new Error('the language server has ended'));
    }
    const id = this._next++;
    const answer = new Promise((resolve, reject) => this._waiting.set(id, { resolve, reject }));
    this._send({ id, method, params });
    if (token) {
      token.onCancellationRequested(() => {
        if (this._waiting.has(id)) {
          this.notify('$/cancelRequest', { id });
        }
      });
    }
    return answer;
  }

  close() {
    this._closed = true;
    for (const { reject } of this._waiting.values()) {
      reject(new Error('the language server has ended'));
    }
    this._waiting.clear();
  }

  _send(message) {
    if (!this._closed) {
      const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
      this._output.write(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
    }
  }

  _take(data) {
    this._buffer = this._buffer.length ? Buffer.concat([this._buffer, data]) : data;
    for (;;) {
      const end = this._buffer.indexOf(HEADER_END);
      if (end < 0) {
        if (this._buffer.length > MAX_HEADER) {
          this.close();
        }
        return;
      }
      const length = /^content-length:\s*(\d+)\s*$/im.exec(this._buffer.toString('ascii', 0, end));
      if (!length || Number(length[1]) > MAX_BODY) {
        this.close();
        return;
      }
      const start = end + HEADER_END.length;
      const stop = start + Number(length[1]);
      if (this._buffer.length < stop) {
        return;
      }
      const body = this._buffer.toString('utf8', start, stop);
      this._buffer = this._buffer.subarray(stop);
      this._receive(JSON.parse(body));
    }
  }

  async _receive(message) {
    if (message.method === undefined) {
      const waiting = this._waiting.get(message.id);
      this._waiting.delete(message.id);
      if (waiting && message.error) {
        waiting.reject(Object.assign(new Error(message.error.message), { code: message.error.code }));
      } else if (waiting) {
        waiting.resolve(message.result);
      }
      return;
    }
    const handler = this._handlers[message.method];
    if (message.id === undefined) {
      if (handler) {
        handler(message.params);
      }
    } else if (!handler) {
      const error = { code: METHOD_NOT_FOUND, message: `${message.method} is not supported` };
      this._send({ id: message.id, error });
    } else {
      const result = await handler(message.params);
      this._send({ id: message.id, result: result === undefined ? null : result });
    }
  }
}

module.exports = { Connection };

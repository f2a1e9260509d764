/** Why something failed. `code` is stable: one of the node's error codes, or one of the subclasses' own. */
export class SignalingError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** `close()` was called, or the client has ended for another reason, which is the `cause`. */
export class ClosedError extends SignalingError {
  constructor(cause?: unknown) {
    super('closed', 'The client is closed', { cause });
  }
}

/** Another connection registered this peer id. The client has ended: reconnecting would only take the id back. */
export class ReplacedError extends SignalingError {
  constructor() {
    super('replaced', 'Another connection registered this peer id');
  }
}

/** The node does not let this client have its peer id, or its token has expired. The client has ended. */
export class UnauthorizedError extends SignalingError {
  constructor(message: string, code = 'unauthorized') {
    super(code, message);
  }
}

/** The node answered with an error; `code` is the node's. */
export class RefusedError extends SignalingError {
  constructor(
    code: string,
    message: string,
    readonly retryAfterMs?: number,
  ) {
    super(code, message);
  }
}

/** As much waits to be sent as may. */
export class OutboxFullError extends SignalingError {
  constructor() {
    super('outbox-full', 'Too much waits to be sent');
  }
}

/** The message is larger than the node takes. */
export class MessageTooLargeError extends SignalingError {
  constructor(bytes: number, limit: number) {
    super('message-too-large', `The message has ${bytes} bytes; the node takes ${limit}`);
  }
}

/** The connection ended, or could not be made; the client reconnects. */
export class ConnectionLostError extends SignalingError {
  constructor(
    readonly closeCode: number,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super('connection-lost', reason || `The connection ended with ${closeCode}`, options);
  }
}

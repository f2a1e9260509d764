import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Parser } from '@asyncapi/parser';
import Ajv from 'ajv';

const path = fileURLToPath(new URL('../../../docs/asyncapi.yaml', import.meta.url));

/** Client to node, as `→` in docs/protocol.md. */
export const SENT = 'sent';
/** Node to client, as `←`. */
export const RECEIVED = 'received';

/** What a peer sent has the sender's id, which the node sets; what the node itself sends has not. */
export const isRelayed = (message) => message !== null && typeof message === 'object' && Object.hasOwn(message, 'from');

/** docs/asyncapi.yaml as a parser reads it: `{ document, diagnostics }`. */
export async function parse() {
  return new Parser().parse(await readFile(path, 'utf8'));
}

/** Every message: `{ id, direction, type, relayed, schema }`, where `schema` is JSON Schema without references. */
export function messagesOf(document) {
  const messages = new Map();
  const add = (message, direction) => {
    const known = messages.get(message.id());
    if (known && known.direction !== direction) throw new Error(`${message.id()} goes both ways`);
    const schema = withoutExtensions(message.payload().json());
    const relayed = message.id().startsWith('relayed-');
    messages.set(message.id(), { id: message.id(), direction, type: typeOf(schema), relayed, schema });
  };
  for (const operation of document.operations().all()) {
    for (const message of operation.messages().all()) add(message, operation.isSend() ? SENT : RECEIVED);
    for (const message of operation.reply()?.messages().all() ?? []) add(message, RECEIVED);
  }
  return [...messages.values()];
}

/** What holds a message against the schema of its direction and type: `check(direction, value)` is null, or what is wrong. */
export function checkerOf(messages) {
  const schemas = new Map(messages.map((message) => [key(message.direction, message.type, message.relayed), message]));
  const validators = new Map();
  const find = (direction, value) => schemas.get(key(direction, value?.type, direction === RECEIVED && isRelayed(value)));
  return {
    find,
    check(direction, value) {
      const message = find(direction, value);
      if (!message) return `no message of type ${JSON.stringify(value?.type)} is ${direction}`;
      if (!validators.has(message.id)) validators.set(message.id, compile(message.schema));
      const validate = validators.get(message.id);
      return validate(value) ? null : validate.errors.map((error) => `${error.instancePath || '/'} ${error.message} ${JSON.stringify(error.params)}`).join('; ');
    },
  };
}

/** AsyncAPI's schemas are JSON Schema draft 07. */
export function compile(schema) {
  return new Ajv({ strict: true, strictRequired: false, strictTypes: false, allowUnionTypes: true }).compile(schema);
}

const key = (direction, type, relayed) => `${direction} ${relayed ? 'relayed ' : ''}${type}`;

function typeOf(schema) {
  if (schema.properties?.type?.const) return schema.properties.type.const;
  for (const part of schema.allOf ?? []) {
    const type = typeOf(part);
    if (type) return type;
  }
  return undefined;
}

/** The parser notes where each schema came from; JSON Schema does not know those members. */
function withoutExtensions(schema) {
  return JSON.parse(JSON.stringify(schema, (name, value) => (name.startsWith('x-parser-') ? undefined : value)));
}

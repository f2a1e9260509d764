/**
 * Schemas that say something else than this one: for every member that it names anywhere, one in which the member may not occur; for
 * every member that it demands, one that demands another; for every value that it lists, one without. Each is `{ name, schema }`.
 */
export function* mutationsOf(schema) {
  for (const { path, node } of nodesOf(schema, [])) {
    for (const value of node.enum ?? []) {
      yield { name: `${path.join('/')} without ${JSON.stringify(value)}`, schema: changed(schema, path, (list) => { list.enum = list.enum.filter((other) => other !== value); }) };
    }
    for (const member of Object.keys(node.properties ?? {})) {
      if (node.properties[member] === false) continue;
      yield { name: `${[...path, member].join('/')} forbidden`, schema: changed(schema, path, (object) => { object.properties[member] = false; }) };
    }
    for (const member of node.required ?? []) {
      yield { name: `${[...path, member].join('/')} renamed`, schema: changed(schema, path, (object) => rename(object, member)) };
    }
  }
}

function rename(object, member) {
  object.required = object.required.map((name) => (name === member ? `${member}2` : name));
  if (object.properties && Object.hasOwn(object.properties, member)) {
    object.properties[`${member}2`] = object.properties[member];
    delete object.properties[member];
  }
}

/** Conditions (`if`, `not`, alternatives) say nothing by themselves, so what is within them is left alone. */
function* nodesOf(node, path) {
  if (node === null || typeof node !== 'object') return;
  yield { path, node };
  for (const [name, child] of Object.entries(node.properties ?? {})) yield* nodesOf(child, [...path, 'properties', name]);
  for (const [index, child] of (node.allOf ?? []).entries()) yield* nodesOf(child, [...path, 'allOf', index]);
  if (node.items) yield* nodesOf(node.items, [...path, 'items']);
}

function changed(schema, path, change) {
  const copy = structuredClone(schema);
  change(path.reduce((node, name) => node[name], copy));
  return copy;
}

// JSON Pointers (RFC 6901) into the data of a record, and the part of a schema that one means.
export type Json = Record<string, unknown>;

export function parts(at: string): string[] {
  return at === "" ? [] : at.slice(1).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

export function join(at: string, name: string | number): string {
  return `${at}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

export function parent(at: string): string {
  return at.slice(0, at.lastIndexOf("/"));
}

export function valueAt(data: unknown, at: string): unknown {
  let place = data;
  for (const part of parts(at)) {
    if (place === null || typeof place !== "object" || !Object.hasOwn(place, part)) return undefined;
    place = (place as Json)[part];
  }
  return place;
}

export function put(data: unknown, at: string, value: unknown): void {
  const place = valueAt(data, parent(at));
  const name = parts(at).at(-1)!;
  if (Array.isArray(place)) place[Number(name)] = value;
  else if (place !== null && typeof place === "object") {
    Object.defineProperty(place, name, { value, writable: true, enumerable: true, configurable: true });
  }
}

/** Whether two values hold the same, whatever the order of their names. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === null || other === null || typeof one !== "object" || typeof other !== "object") return one === other;
  const names = Object.keys(one);
  return Array.isArray(one) === Array.isArray(other) && names.length === Object.keys(other).length && names.every((name) => isSame((one as Json)[name], (other as Json)[name]));
}

/** Every value that is no object and no list, with its pointer. */
export function* leaves(value: unknown, at = ""): Generator<[string, unknown]> {
  if (value === null || typeof value !== "object") yield [at, value];
  else for (const [name, child] of Object.entries(value)) yield* leaves(child, join(at, name));
}

/** The schema of a value, with references followed and null left out. */
export function schemaAt(root: Json | null | undefined, at: string): Json {
  let found = settled(root ?? {}, root ?? {});
  for (const part of parts(at)) {
    const properties = (found.properties ?? {}) as Json;
    const next = Object.hasOwn(properties, part) ? properties[part] : (found.items ?? found.additionalProperties);
    found = settled(root ?? {}, typeof next === "object" && next !== null ? (next as Json) : {});
  }
  return found;
}

function settled(root: Json, schema: Json, depth = 0): Json {
  if (depth > 8) return schema;
  if (typeof schema.$ref === "string" && schema.$ref.startsWith("#")) {
    const target = valueAt(root, schema.$ref.slice(1));
    if (target && typeof target === "object") return settled(root, { ...(target as Json), ...rest(schema) }, depth + 1);
  }
  const choices = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
  const meant = choices?.find((choice) => choice.type !== "null");
  if (!meant) return schema;
  const { anyOf: _any, oneOf: _one, ...own } = schema;
  return settled(root, { ...meant, ...own }, depth + 1);
}

function rest(schema: Json): Json {
  const { $ref: _reference, ...own } = schema;
  return own;
}

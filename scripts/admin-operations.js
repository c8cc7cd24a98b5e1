// Types of the admin API and a table of its operations, in TypeScript, from its OpenAPI document.

const prefix = '/admin/v1/'
const head = `// A pure table, generated from docs/reference/openapi.json by \`npm run docs\`: the operations of the admin API.

type Json = string | number | boolean | null | readonly Json[] | { readonly [member: string]: Json }
`

/** The text of packages/cli/src/admin/admin-operations.ts. */
export function adminOperations(document) {
  const operations = Object.entries(document.paths)
    .filter(([path]) => path.startsWith(prefix))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
    )
    .toSorted((a, b) => (a.operationId < b.operationId ? -1 : 1))
  const schemas = usedSchemas(operations, document.components.schemas)
  return [
    head,
    ...schemas.map(([name, schema]) => `export type ${name} = ${typeOf(schema)}\n`),
    `/** What each operation takes, and answers with. */
export type AdminOperations = {
${operations.map(operationType).join('\n')}
}
`,
    `/** Where each operation is. */
export const adminOperations = {
${operations.map(({ operationId, method, path }) => `${operationId}: { method: '${method.toUpperCase()}', path: '${path}' },`).join('\n')}
} as const satisfies { readonly [Name in keyof AdminOperations]: { readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'; readonly path: string } }
`,
  ].join('\n')
}

/** The named schemas that operations use, themselves or through one another. */
function usedSchemas(operations, schemas) {
  const used = new Set()
  const look = (text) => {
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (used.has(name)) continue
      used.add(name)
      look(JSON.stringify(schemas[name]))
    }
  }
  look(JSON.stringify(operations.map((operation) => [operation.requestBody, answerOf(operation)])))
  return [...used].toSorted().map((name) => [name, schemas[name]])
}

function operationType(operation) {
  const { operationId, summary, parameters = [], requestBody } = operation
  const members = [
    ...['path', 'query'].flatMap((place) => parametersType(place, parameters)),
    ...(requestBody === undefined
      ? []
      : [`body${isFree(requestBody) ? '?' : ''}: ${inputType(contentOf(requestBody))}`]),
    `answer: ${typeOf(answerOf(operation) ?? { type: 'null' })}`,
  ]
  return `/** ${summary} */\n${operationId}: { ${members.join('; ')} }`
}

function parametersType(place, parameters) {
  const those = parameters.filter((parameter) => parameter.in === place)
  if (those.length === 0) return []
  const required = those.filter((parameter) => parameter.required).map(({ name }) => name)
  const properties = Object.fromEntries(those.map(({ name, schema }) => [name, schema]))
  const type = inputType({ type: 'object', properties, required })
  return [`${place}${required.length === 0 ? '?' : ''}: ${type}`]
}

/** Whether a body may be left out: nothing in it must be there. */
const isFree = (body) => (contentOf(body).required ?? []).length === 0

const contentOf = ({ content }) => content['application/json'].schema
const answerOf = ({ responses }) => {
  const [, answer] = Object.entries(responses).find(([status]) => status.startsWith('2'))
  return answer.content?.['application/json']?.schema
}

/** Of an object that is sent: what may be left out may be undefined as well. */
const inputType = (schema) => typeOf(schema).replaceAll(/(\?: [^;{}]+)(?=;| \})/g, '$1 | undefined')

/** A JSON Schema, as the description writes them, as a type. Throws where it says what no type here can. */
function typeOf(schema) {
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1)
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined)
    return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return choices.map(typeOf).join(' | ')
  if (schema.allOf !== undefined) return schema.allOf.map(typeOf).join(' & ')
  if (Object.keys(schema).every((key) => key === 'description')) return 'Json'
  const type = types[schema.type]
  if (type === undefined) throw new TypeError(`no type for ${JSON.stringify(schema).slice(0, 200)}`)
  return type(schema)
}

const types = {
  string: () => 'string',
  integer: () => 'number',
  number: () => 'number',
  boolean: () => 'boolean',
  null: () => 'null',
  array: ({ items }) => `(${typeOf(items)})[]`,
  object: ({ properties, required = [], additionalProperties, patternProperties }) => {
    const rest = additionalProperties || Object.values(patternProperties ?? {})[0]
    const isOpen = Object.keys(properties ?? {}).length === 0 && additionalProperties !== false
    if (isOpen) return `Record<string, ${rest ? restType(rest) : 'Json'}>`
    const members = Object.entries(properties).map(
      ([name, schema]) =>
        `${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema)}`,
    )
    return `{ ${members.join('; ')} }`
  },
}

const restType = (rest) => (rest === true ? 'Json' : typeOf(rest))

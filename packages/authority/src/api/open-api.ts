import swagger from '@fastify/swagger'
import type { Api } from './api-server.ts'
import { components } from './components.ts'

const securitySchemes = {
  adminToken: { type: 'http', scheme: 'bearer' },
  clientSecret: { type: 'http', scheme: 'basic' },
  // OpenAPI 3.1 §4.8.27 has it, the types of @fastify/swagger have not.
  certificate: { type: 'mutualTLS' } as unknown as { type: 'http'; scheme: string },
} as const

/** Makes an API describe itself: its routes are read as they are added. */
export function describeApi(api: Api, version: string): void {
  api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      components: { securitySchemes },
      info: {
        title: 'Sallyport authority',
        description: 'What phones, gateways and operators ask of the authority.',
        version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
    },
    transform: ({ schema, url, route }) => ({
      url,
      schema: {
        ...schema,
        security:
          schema.security ??
          (route.config?.role === undefined ? [{ certificate: [] }] : [{ adminToken: [] }]),
      },
    }),
  })
}

/** One document of several listeners. What `components` names stands in it once. */
export function openApiDocument(apis: readonly Api[]): object {
  const documents = apis.map((api) => api.swagger())
  const [first] = documents
  const paths: object = Object.assign({}, ...documents.map((document) => document.paths))
  const schemas = Object.fromEntries(
    Object.entries(components).map(([name, schema]) => [name, named(schema, name)]),
  )
  return { ...first, components: { securitySchemes, schemas }, paths: named(paths) }
}

const references = new Map(
  Object.entries(components).map(([name, schema]) => [
    JSON.stringify(schema),
    `#/components/schemas/${name}`,
  ]),
)

/** The same description, with a reference for each component in it, but for the one that it is itself. */
function named(part: unknown, self?: string): unknown {
  if (typeof part !== 'object' || part === null) return part
  if (Array.isArray(part)) return part.map((one) => named(one))
  const reference = self === undefined ? references.get(JSON.stringify(part)) : undefined
  if (reference !== undefined) return { $ref: reference }
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, named(value)]))
}

import swagger from '@fastify/swagger'
import type { Api } from './api-server.ts'

const securitySchemes = {
  adminToken: { type: 'http', scheme: 'bearer' },
  clientSecret: { type: 'http', scheme: 'basic' },
  // OpenAPI 3.1 §4.8.27 has it, the types of @fastify/swagger have not.
  certificate: { type: 'mutualTLS' as 'http', scheme: '' },
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

/** One document of several listeners. */
export function openApiDocument(apis: readonly Api[]): object {
  const documents = apis.map((api) => api.swagger())
  const [first] = documents
  return {
    ...first,
    paths: Object.assign({}, ...documents.map(({ paths }) => paths)),
  }
}

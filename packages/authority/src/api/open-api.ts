import swagger from '@fastify/swagger'
import type { Api } from './api-server.ts'

/** Makes an API describe itself: its routes are read as they are added. */
export function describeApi(api: Api, version: string): void {
  api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
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
        security: route.config?.role === undefined ? [{ certificate: [] }] : [{ adminToken: [] }],
      },
    }),
  })
}

const securitySchemes = {
  adminToken: { type: 'http', scheme: 'bearer' },
  certificate: { type: 'mutualTLS' },
}

/** One document of several listeners. */
export function openApiDocument(apis: readonly Api[]): object {
  const documents = apis.map((api) => api.swagger())
  const [first] = documents
  return {
    ...first,
    components: { securitySchemes },
    paths: Object.assign({}, ...documents.map(({ paths }) => paths)),
  }
}

import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { FastifySerializerCompiler } from 'fastify'
import type { TSchema } from 'typebox'

type Serialize = (data: unknown) => string
type Compile = (route: { schema: TSchema }) => Serialize

/** Fastify's own, found where Fastify finds it. */
const { SerializerSelector } = createRequire(fileURLToPath(import.meta.resolve('fastify')))(
  '@fastify/fast-json-stringify-compiler',
) as { SerializerSelector: () => (schemas: object, options: object) => Compile }
const compile = SerializerSelector()({}, {})

/** By schema: the servers of one process describe their answers by the same. */
const compiled = new WeakMap<TSchema, Serialize>()

/**
 * Writes answers as their schemas say, and no member beyond. Each is compiled with the first answer of its kind:
 * a start compiles none of the hundreds that it may never send.
 */
export const compileWhenFirstSent: FastifySerializerCompiler<TSchema> = ({ schema }) => {
  return (data) => {
    const serialize = compiled.get(schema) ?? compile({ schema })
    compiled.set(schema, serialize)
    return serialize(data)
  }
}

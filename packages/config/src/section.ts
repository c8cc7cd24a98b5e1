import Type, { type TObject, type TSchema } from 'typebox'

/** One top-level key of sallyport.yaml. The package that reads it owns its schema. */
export type Section = {
  readonly key: string
  readonly schema: TSchema
  /** Whether the file is invalid without it. */
  readonly required?: boolean
}

/**
 * The schema of the whole file: the sections that were handed in, and nothing else. A key that no
 * section owns is an error, so that a misspelt switch is never silently off.
 */
export function composeSchema(sections: readonly Section[]): TObject {
  const members: Record<string, TSchema> = {
    version: Type.Literal(1, { description: 'The version of this format' }),
  }
  for (const section of sections) {
    if (Object.hasOwn(members, section.key)) {
      throw new TypeError(`Two sections of the configuration are named ${section.key}`)
    }
    members[section.key] =
      section.required === true ? section.schema : Type.Optional(section.schema)
  }
  return Type.Object(members, { additionalProperties: false })
}

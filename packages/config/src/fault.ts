import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { TSchema } from 'typebox'
import { nearest } from './nearest.ts'

/** The first thing wrong with a value: where, and what was expected in place of what was found. */
export type Fault = {
  /** JSON pointer of the member, or of the mapping that holds `key`. */
  pointer: string
  key?: string
  detail: string
  expected?: string
  found?: string
}

/**
 * Holds a value against a schema and fills in its defaults.
 *
 * Of several errors the most telling one is reported: an unknown key before the required one that it
 * probably was meant to be, and the deepest one of a union, which is the alternative that was meant.
 */
export function firstFault(schema: TSchema, value: unknown): Fault | undefined {
  const validate = validatorOf(schema)
  if (validate(value)) return undefined
  const errors = (validate.errors ?? []).filter((error) => !unions.has(error.keyword))
  const [worst] = errors.toSorted((a, b) => weight(a) - weight(b) || depth(b) - depth(a))
  const chosen = worst ?? validate.errors?.[0]
  return chosen === undefined ? { pointer: '', detail: 'is not valid' } : describe(chosen)
}

const validators = new WeakMap<TSchema, ValidateFunction>()

function validatorOf(schema: TSchema): ValidateFunction {
  const known = validators.get(schema)
  if (known !== undefined) return known
  const ajv = new Ajv2020({
    allErrors: true,
    useDefaults: true,
    verbose: true,
    strict: false,
    discriminator: true,
    // Schemas are our own, and tests hold them against theirs: that takes longer than all else at a start.
    meta: false,
    validateSchema: false,
  })
  addFormats.default(ajv)
  const validate = ajv.compile(schema)
  validators.set(schema, validate)
  return validate
}

const unions = new Set(['anyOf', 'oneOf', 'if'])

function weight(error: ErrorObject): number {
  return error.keyword === 'additionalProperties' ? 0 : error.keyword === 'required' ? 2 : 1
}

function depth(error: ErrorObject): number {
  return error.instancePath.split('/').length
}

/** What is said of each kind of error. Kinds that are not listed use the validator's own words. */
const descriptions: Record<string, (error: ErrorObject) => Omit<Fault, 'pointer'>> = {
  additionalProperties: (error) => {
    const key = String(error.params['additionalProperty'])
    const known = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {})
    const near = nearest(key, known)
    return {
      key,
      detail: `unknown key ${quote(key)}${near === undefined ? '' : `; did you mean ${quote(near)}?`}`,
      expected: known.length === 0 ? 'no key' : `one of ${known.join(', ')}`,
      found: key,
    }
  },
  required: (error) => ({ detail: `${quote(String(error.params['missingProperty']))} is missing` }),
  enum: (error) => {
    const allowed = (error.params['allowedValues'] as unknown[]).map(String)
    const near = typeof error.data === 'string' ? nearest(error.data, allowed) : undefined
    return {
      detail: `${name(error)} has a value that is not allowed${near === undefined ? '' : `; did you mean ${quote(near)}?`}`,
      expected: `one of ${allowed.join(', ')}`,
      found: show(error.data),
    }
  },
  const: (error) => ({
    detail: `${name(error)} has a value that is not allowed`,
    expected: show(error.params['allowedValue']),
    found: show(error.data),
  }),
  pattern: (error) => form(error, error.params['pattern']),
  format: (error) => form(error, error.params['format']),
  type: (error) => ({
    detail: `${name(error)} has the wrong type`,
    expected: `${String(error.params['type'])}${isBareText(error) ? ', in quotes' : ''}`,
    found: show(error.data),
  }),
}

function form(error: ErrorObject, asked: unknown): Omit<Fault, 'pointer'> {
  return {
    detail: `${name(error)} does not have the form that it must have`,
    expected: [error.parentSchema?.['description'], asked]
      .filter((part) => part !== undefined)
      .join(': '),
    found: show(error.data),
  }
}

/** YAML takes 1234567890 for a number and true for a truth, also where a text was meant. */
function isBareText({ params, data }: ErrorObject): boolean {
  return params['type'] === 'string' && ['number', 'boolean'].includes(typeof data)
}

function describe(error: ErrorObject): Fault {
  const description = descriptions[error.keyword]?.(error) ?? {
    detail: `${name(error)} ${error.message ?? 'is not valid'}`,
    found: show(error.data),
  }
  return { pointer: error.instancePath, ...description }
}

/** A key as it is, an item by the key of its list. */
function name(error: ErrorObject): string {
  const [last, above] = error.instancePath.split('/').toReversed()
  if (last === undefined || last === '') return 'the file'
  const isItem = /^\d+$/.test(last) && above !== undefined && above !== ''
  return isItem ? `item ${Number(last) + 1} of ${quote(above)}` : quote(last.replaceAll('~1', '/'))
}

function quote(text: string): string {
  return `"${text}"`
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

import path from 'node:path'
import { isProblem, Problem, type ReasonCode } from '@sallyport/problem'
import type { TSchema } from 'typebox'
import { LineCounter, parseDocument } from 'yaml'
import { firstFault } from './fault.ts'
import { positionOf } from './position.ts'
import { readRegularFile } from './regular-file.ts'

/** Larger files are refused before they are parsed. */
const maxConfigBytes = 4 * 1024 * 1024

export type ConfigFile<T> = {
  /** The validated value, defaults filled in. */
  readonly value: T
  /** Absolute path of the file. */
  readonly path: string
  /** Absolute path of its directory: what paths in the file are relative to. */
  readonly directory: string
  /**
   * Its `invalid` reason (`config_invalid`) at a place of this file, for checks that a schema cannot express.
   *
   * @param pointer JSON pointer (RFC 6901) of the member at fault
   */
  problem(pointer: string, detail: string, facts?: { expected?: string; found?: string }): Problem
  /** What was thrown: a problem that points at a member of the configuration with its place in this file. */
  placed(error: unknown): unknown
}

/** What is said of a file of this kind: that its text is not valid, that it cannot be read. */
export type FileReasons = { readonly invalid: ReasonCode; readonly unreadable: ReasonCode }

/** Of `sallyport.yaml`. Files of another shape have reasons of their own, whose fixes name their own commands. */
const configReasons: FileReasons = { invalid: 'config_invalid', unreadable: 'config_unreadable' }

/**
 * Reads, parses and validates a configuration file of at most 4 MiB.
 *
 * YAML 1.2 with its core schema; duplicate keys, unknown keys and more than 100 aliases are errors.
 *
 * @throws Problem `config_unreadable`; `config_invalid` with file:line:column, and the nearest right
 *   key where one was misspelt
 */
export function readConfig<T>(
  file: string,
  schema: TSchema,
  reasons: FileReasons = configReasons,
): ConfigFile<T> {
  return parseConfig<T>(file, readBounded(file, reasons), schema, reasons)
}

/** As `readConfig`, for a text that is at hand. `file` is used in messages and to resolve paths. */
export function parseConfig<T>(
  file: string,
  text: string,
  schema: TSchema,
  reasons: FileReasons = configReasons,
): ConfigFile<T> {
  const absolute = path.resolve(file)
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, version: '1.2', strict: true })
  const place = (pointer: string, key?: string): string => {
    const { line, column } = positionOf(document, lineCounter, pointer, key)
    return `${file}:${line}:${column}`
  }

  const broken = document.errors[0] ?? document.warnings[0]
  if (broken !== undefined) {
    const { line, col } = lineCounter.linePos(broken.pos[0])
    throw new Problem(reasons.invalid, {
      detail: `${file}:${line}:${col}: ${firstLine(broken.message)}`,
      cause: broken,
    })
  }
  const value: unknown = toValue(document, file, reasons)
  const fault = firstFault(schema, value)
  if (fault !== undefined) {
    throw new Problem(reasons.invalid, {
      detail: `${place(fault.pointer, fault.key)}: ${fault.detail}`,
      ...(fault.expected === undefined ? {} : { expected: fault.expected }),
      ...(fault.found === undefined ? {} : { found: fault.found }),
    })
  }
  return {
    // The schema was just held against the value.
    value: value as T,
    path: absolute,
    directory: path.dirname(absolute),
    problem: (pointer, detail, facts = {}) =>
      new Problem(reasons.invalid, { detail: `${place(pointer)}: ${detail}`, ...facts }),
    placed: (error) => {
      if (!isProblem(error) || error.pointer === undefined) return error
      const { code, detail, expected, found } = error
      return new Problem(code, {
        detail: `${place(error.pointer)}: ${detail ?? error.message}`,
        ...(expected === undefined ? {} : { expected }),
        ...(found === undefined ? {} : { found }),
        cause: error,
      })
    },
  }
}

/** A path of the configuration as an absolute one. */
export function resolvePath(directory: string, file: string): string {
  return path.resolve(directory, file)
}

function readBounded(file: string, reasons: FileReasons): string {
  const read = readRegularFile(file, maxConfigBytes)
  if ('bytes' in read) return read.bytes.toString('utf8')
  const detail = `${file}: ${read.why}`
  if (read.fault === 'too large') throw new Problem(reasons.invalid, { detail })
  throw new Problem(reasons.unreadable, { detail, cause: read.cause })
}

function toValue(
  document: ReturnType<typeof parseDocument>,
  file: string,
  reasons: FileReasons,
): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {}
  } catch (cause) {
    const said = cause instanceof Error ? firstLine(cause.message) : String(cause)
    throw new Problem(reasons.invalid, { detail: `${file}: ${said}`, cause })
  }
}

function firstLine(text: string): string {
  // The parser is recursive, and reports what it ran out of.
  if (text.startsWith('Maximum call stack size exceeded')) return 'it is nested too deeply'
  return text.split('\n', 1)[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? text
}

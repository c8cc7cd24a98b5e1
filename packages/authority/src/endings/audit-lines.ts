import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { isProblem, Problem } from '@sallyport/problem'
import Type from 'typebox'
import { Value } from 'typebox/value'
import type { AuditRow } from '../audit/audit-log.ts'
import type { Checkpoint } from '../audit/checkpoint.ts'
import { personalKinds } from '../audit/personal.ts'
import { linesOf } from '../store/portable/lines.ts'

/** Details are small; a line beyond it is of no log of ours. */
const maxLineBytes = 1024 * 1024

const Text = Type.String({ maxLength: 10_000 })
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const ChainName = Type.String({ pattern: '^[a-z0-9.-]{1,64}$' })
const Hash = Type.String({ pattern: '^[A-Za-z0-9_-]{0,64}$' })
const TextOrForgotten = Type.Union([Text, Type.Object({ forgotten: Type.Literal(true) })])

/** As `audit export` writes a row. What a collector of logs adds to it is passed over. */
const Row = Type.Object({
  chain: ChainName,
  seq: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  at: Count,
  action: Type.String({ maxLength: 100 }),
  actor: TextOrForgotten,
  subject: TextOrForgotten,
  detail: Type.Record(Type.String(), Type.Unknown()),
  previous: Hash,
  hash: Hash,
  personal: Type.Optional(
    Type.Array(
      Type.Object({
        at: Text,
        kind: Type.Union(personalKinds.map((kind) => Type.Literal(kind))),
        commitment: Hash,
        salt: Type.Optional(Text),
        network: Type.Optional(Text),
        exactSalt: Type.Optional(Text),
        exactHash: Type.Optional(Text),
      }),
      { maxItems: 100 },
    ),
  ),
})

/** As `audit export --checkpoints` writes one. */
const CheckpointLine = Type.Object({
  checkpoint: Type.Object({
    seq: Count,
    at: Count,
    heads: Type.Array(Type.Object({ name: ChainName, seq: Count, hash: Hash }), {
      maxItems: 1_000,
    }),
    jws: Type.String({ maxLength: 200_000 }),
  }),
})

/** A line, and where it stands: for whoever has to look at it. */
export type AuditLine = { readonly place: string } & (
  | { readonly row: AuditRow }
  | { readonly checkpoint: Checkpoint }
)

/**
 * Reads files of an audit log, line by line. Not checked: any hash, any signature.
 *
 * @throws Problem `audit_file_invalid`
 */
export async function* readAuditLines(files: readonly string[]): AsyncGenerator<AuditLine> {
  for (const file of files) {
    let number = 0
    const place = () => `Line ${number} of ${file}`
    const tooLong = () =>
      notOfLog(`Line ${number + 1} of ${file}`, 'at most 1 MiB', 'a longer line')
    const source = createReadStream(file)
    try {
      for await (const { line } of linesOf(source, { maxBytes: maxLineBytes, tooLong })) {
        number++
        if (line.length > 0) yield { place: place(), ...parse(line, place()) }
      }
    } catch (error) {
      if (isProblem(error)) throw error
      throw notOfLog(file, 'a file that can be read', String(error), error)
    } finally {
      source.destroy()
    }
  }
}

function parse(line: Buffer, place: string): { row: AuditRow } | { checkpoint: Checkpoint } {
  let value: unknown
  try {
    if (!isUtf8(line)) throw new SyntaxError('no UTF-8')
    value = JSON.parse(line.toString('utf8'))
  } catch (cause) {
    const found = 'a line that cannot be read: where the file was cut, take the half line away'
    throw notOfLog(place, 'JSON', found, cause)
  }
  if (Value.Check(Row, value)) return { row: value as AuditRow }
  if (Value.Check(CheckpointLine, value)) return value
  throw notOfLog(place, 'a row of the audit log, or a checkpoint', 'something else')
}

/** @param place where it stands: the file, and the line */
export function notOfLog(place: string, expected: string, found: string, cause?: unknown): Problem {
  return new Problem('audit_file_invalid', {
    detail: place,
    expected,
    found,
    ...(cause === undefined ? {} : { cause }),
  })
}

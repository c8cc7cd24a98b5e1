import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import type { Row } from '../engine.ts'
import {
  BackupEnd,
  BackupHead,
  BackupTable,
  backupVersion,
  invalid,
  maxLineBytes,
  parseLine,
  readLine,
  readRow,
} from './backup-format.ts'
import { linesOf } from './lines.ts'

/** What a backup holds, in its order. `end` comes where its checksum is right, and never else. */
export type BackupPart =
  | { kind: 'head'; head: BackupHead }
  | { kind: 'rows'; table: BackupTable; rows: Row[] }
  | { kind: 'end'; end: BackupEnd }

const maxRowsPerPart = 500

/**
 * Reads a backup. What is read before its end is not to be believed before it.
 *
 * @throws Problem `backup_invalid`
 */
export async function* readBackup(file: string): AsyncGenerator<BackupPart> {
  const hash = createHash('sha256')
  let table: BackupTable | undefined
  let rows: Row[] = []
  let count = 0
  let isHeadRead = false
  for await (const line of wholeLinesOf(file)) {
    const value = parseLine(line)
    if (Array.isArray(value) && table !== undefined) {
      rows.push(readRow(value, table))
      count++
    }
    const isFull = rows.length === maxRowsPerPart
    if (table !== undefined && rows.length > 0 && (isFull || !Array.isArray(value))) {
      yield { kind: 'rows', table, rows }
      rows = []
    }
    if (!Array.isArray(value)) {
      if (!isHeadRead) {
        yield { kind: 'head', head: readHead(value) }
        isHeadRead = true
      } else if (isEnd(value)) {
        yield {
          kind: 'end',
          end: checkedEnd(readLine(BackupEnd, value), count, hash.digest('hex')),
        }
        return
      } else table = readLine(BackupTable, value)
    } else if (table === undefined) throw invalid('A row is of no table', 'a table before its rows')
    hash.update(line).update('\n')
  }
  throw invalid('The backup is cut short', 'a line that ends it')
}

function isEnd(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'end' in value
}

function readHead(value: unknown): BackupHead {
  const head = readLine(BackupHead, value)
  if (head.version > backupVersion) {
    throw invalid(`The backup is of version ${head.version}`, `at most version ${backupVersion}`)
  }
  return head
}

function checkedEnd(end: BackupEnd, rows: number, sha256: string): BackupEnd {
  if (end.rows === rows && end.sha256 === sha256) return end
  throw invalid('The backup was changed or damaged', `${end.rows} rows with SHA-256 ${end.sha256}`)
}

/** Lines without their ends. A last one without an end is none. */
async function* wholeLinesOf(file: string): AsyncGenerator<Buffer> {
  const source = createReadStream(file)
  const bytes = source.pipe(createGunzip())
  source.on('error', (error) => bytes.destroy(error))
  const tooLong = () => invalid('A line is too long', `${maxLineBytes} bytes`)
  try {
    for await (const { line, isWhole } of linesOf(bytes, { maxBytes: maxLineBytes, tooLong })) {
      if (isWhole) yield line
    }
  } catch (error) {
    throw isZlibError(error) ? invalid('It cannot be unpacked', 'a whole gzip file', error) : error
  } finally {
    source.destroy()
  }
}

function isZlibError(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code.startsWith('Z_') || code === 'ERR_BUFFER_TOO_LARGE'
}

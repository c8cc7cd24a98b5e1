import { createHash } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'
import { replaceFile } from '@sallyport/pki'
import type { Validators } from './fetch-list.ts'

/** The last good copy of a fetched list. */
export type KeptList = {
  readonly text: string
  readonly validators: Validators
  /** Milliseconds: when its server was last heard to have it so. */
  readonly fetchedAt: number
}

/** Stands in front of the list itself, to which it is a comment. */
const mark = '#sallyport '

/** Where the list of an address is kept: another address is another list. */
export function keptListFile(directory: string, url: string): string {
  const name = createHash('sha256').update(url).digest('hex').slice(0, 32)
  return path.join(directory, 'address-lists', `${name}.list`)
}

/** @throws Error where there is none, or it cannot be read */
export async function readKeptList(file: string): Promise<KeptList> {
  const { mtimeMs } = await fs.stat(file)
  const whole = await fs.readFile(file, 'utf8')
  const end = whole.indexOf('\n')
  const isMarked = end > 0 && whole.startsWith(mark)
  if (!isMarked) return { text: whole, validators: {}, fetchedAt: mtimeMs }
  const validators = validatorsIn(whole.slice(mark.length, end))
  return { text: whole.slice(end + 1), validators, fetchedAt: mtimeMs }
}

export async function writeKeptList(
  file: string,
  { text, validators }: Pick<KeptList, 'text' | 'validators'>,
): Promise<void> {
  await replaceFile(file, `${mark}${JSON.stringify(validators)}\n${text}`)
}

/**
 * The server has it as it is kept.
 *
 * @returns false where it is not kept any more
 */
export async function touchKeptList(file: string, at: number): Promise<boolean> {
  try {
    await fs.utimes(file, at / 1_000, at / 1_000)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

function validatorsIn(text: string): Validators {
  try {
    const { etag, lastModified } = JSON.parse(text) as Readonly<Record<string, unknown>>
    return {
      ...(typeof etag === 'string' ? { etag } : {}),
      ...(typeof lastModified === 'string' ? { lastModified } : {}),
    }
  } catch {
    // Somebody edited it: the list is fetched whole.
    return {}
  }
}

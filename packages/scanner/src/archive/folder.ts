import { constants, type Dirent } from 'node:fs'
import { lstat, open, readdir } from 'node:fs/promises'
import path from 'node:path'
import { type ByteSource, fileSource, sourcePieces } from './byte-source.ts'
import type { Walk } from './container.ts'
import { EntryFault } from './entry.ts'
import type { Listing, Member } from './member.ts'
import { printableName } from './printable-name.ts'

const maxDepth = 128

/**
 * The files of a folder and of those in it, by name. Links are not followed, neither while it is listed nor when a
 * file is opened later; what is neither file nor folder is left alone.
 */
export async function listFolder(
  walk: Walk,
  root: string,
): Promise<Listing & { members: readonly Member[]; bytes: number }> {
  const members: Member[] = []
  const damage: string[] = []
  let bytes = 0
  /** Folders yet to be read, the next one last. */
  const folders = [{ at: Buffer.from(root), name: '', depth: 0 }]
  for (let folder = folders.pop(); folder; folder = folders.pop()) {
    const inner: typeof folders = []
    for (const item of await listed(walk, folder)) {
      const name = `${folder.name}${printableName(item.name)}`
      const at = Buffer.concat([folder.at, Buffer.from(path.sep), item.name])
      if (item.isDirectory()) {
        if (folder.depth < maxDepth) inner.push({ at, name: `${name}/`, depth: folder.depth + 1 })
        else walk.notChecked(name, 'folder lies too deep: not read')
      } else if (!item.isFile()) {
        walk.notChecked(name, item.isSymbolicLink() ? 'link: not followed' : notAFile)
      } else if (walk.budget.takeEntry()) {
        const { size } = await lstat(at)
        bytes += size
        members.push(memberAt(at, name, size))
      } else {
        damage.push(`more files than are looked at: the first ${members.length} were read`)
        return { members, odd: [], damage, bytes }
      }
    }
    for (const each of inner.toReversed()) folders.push(each)
  }
  return { members, odd: [], damage, bytes }
}

const notAFile = 'neither a file nor a folder: not read'

async function listed(
  walk: Walk,
  { at, name }: { at: Buffer; name: string },
): Promise<Dirent<Buffer>[]> {
  try {
    const items = await readdir(at, { encoding: 'buffer', withFileTypes: true })
    return items.sort((a, b) => Buffer.compare(a.name, b.name))
  } catch (error) {
    // The root has to be readable; what lies in it costs a line.
    if (name === '') throw error
    walk.notChecked(name, `folder could not be read (${(error as NodeJS.ErrnoException).code})`)
    return []
  }
}

function memberAt(at: Buffer, name: string, size: number): Member {
  const withFile = async <Result>(use: (source: ByteSource) => Promise<Result>) => {
    const { source, close } = await openFile(at, size)
    try {
      return await use(source)
    } finally {
      await close()
    }
  }
  return {
    path: name,
    size,
    read: () => withFile((source) => source.read(0, size)),
    async *stream() {
      const { source, close } = await openFile(at, size)
      try {
        yield* sourcePieces(source, 0, size)
      } finally {
        await close()
      }
    },
    peek: () => withFile((source) => source.read(0, 4096)),
    open: () => openFile(at, size),
  }
}

/** It may have become something else since it was listed. */
async function openFile(at: Buffer, size: number) {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  try {
    const file = await open(at, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0))
    return { source: fileSource(file, size), close: () => file.close() }
  } catch (error) {
    throw new EntryFault(`could not be opened (${(error as NodeJS.ErrnoException).code})`)
  }
}

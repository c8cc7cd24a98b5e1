import { type PinnedHost, type PinsFile, readPinsFile } from '@sallyport/pins'
import { Problem } from '@sallyport/problem'
import type { Input } from '../command.ts'
import { textOption } from '../input.ts'

/** Where the file of pins lies: --file, else ./pins.yaml. */
export function pinsPath(input: Input): string {
  return textOption(input, 'file') ?? 'pins.yaml'
}

/** The file of pins that a command is about. */
export function pinsOf(input: Input): PinsFile {
  return readPinsFile(pinsPath(input))
}

/** All hosts of a file, or the one that is named. @throws Problem `not_found` */
export function hostsNamed(file: PinsFile, name: string | undefined): readonly PinnedHost[] {
  if (name === undefined) return file.hosts
  const host = file.hosts.find((each) => each.name === name.toLowerCase())
  if (host !== undefined) return [host]
  throw new Problem('not_found', {
    detail: `${file.path} has no host of this name`,
    expected: file.hosts.map((each) => each.name).join(', '),
    found: name,
  })
}

import { closeSync, fsyncSync, ftruncateSync, openSync } from 'node:fs'

/** Cuts a file to a size, on the disk before this returns: what follows it does not follow what is cut off. */
export function cutFile(path: string, size: number): void {
  const fd = openSync(path, 'r+')
  try {
    ftruncateSync(fd, size)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

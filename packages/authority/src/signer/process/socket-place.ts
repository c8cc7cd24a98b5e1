import { lstatSync, mkdirSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { Problem } from '@sallyport/problem'
import { maxSocketPathBytes } from '../../config/keys-config.ts'

/**
 * Node tells nobody which user is at the other end of a socket. The file system does: whoever can reach a
 * socket of mode 0600 in a directory of mode 0700 is its owner, and whoever finds it there reaches who
 * made it.
 */
export function prepareSocketDirectory(socket: string): void {
  if (Buffer.byteLength(socket) > maxSocketPathBytes) {
    throw new Problem('signer_socket_refused', {
      detail: socket,
      expected: `a path of at most ${maxSocketPathBytes} bytes: set authority.signer.socket`,
      found: `${Buffer.byteLength(socket)} bytes`,
    })
  }
  mkdirSync(dirname(socket), { recursive: true, mode: 0o700 })
  refuseForeign(dirname(socket), lstatSync(dirname(socket)), 'directory')
}

/** @throws Problem `signer_socket_refused`; `signer_unavailable` where there is none */
export function requireOwnSocket(socket: string): void {
  const directory = statOf(dirname(socket))
  const file = statOf(socket)
  if (directory === undefined || file === undefined) {
    throw new Problem('signer_unavailable', {
      expected: `the socket ${socket}: \`sallyport serve\` starts the signer, \`sallyport serve --role signer\` it alone`,
      found: 'no socket',
    })
  }
  refuseForeign(dirname(socket), directory, 'directory')
  refuseForeign(socket, file, 'socket')
}

/** Undefined where there is nothing. */
export function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}

const kinds = {
  directory: { is: (stats: Stats) => stats.isDirectory(), mode: '0700' },
  socket: { is: (stats: Stats) => stats.isSocket(), mode: '0600' },
} as const

export function refuseForeign(path: string, stats: Stats, kind: keyof typeof kinds): void {
  const { is, mode } = kinds[kind]
  const own = process.getuid?.() ?? stats.uid
  if (is(stats) && stats.uid === own && (stats.mode & 0o077) === 0) return
  throw new Problem('signer_socket_refused', {
    detail: path,
    expected: `a ${kind} of mode ${mode}, of user ${own}`,
    found: `${is(stats) ? `a ${kind}` : `no ${kind}`} of mode ${(stats.mode & 0o7777).toString(8).padStart(4, '0')}, of user ${stats.uid}`,
  })
}

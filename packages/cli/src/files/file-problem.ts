import { Problem } from '@sallyport/problem'

/**
 * A failure of the file system as a problem that names the file: a folder that cannot be written to, a
 * full disk. Undefined where an error is none of that kind.
 */
export function fileProblem(error: unknown): Problem | undefined {
  if (!isFileError(error)) return undefined
  const { path, syscall, message } = error
  // As Node words it: `EROFS: read-only file system, mkdir '/srv/x'`.
  const [found] = message.split(`, ${syscall}`)
  const detail = path === undefined ? `${syscall} failed` : `${syscall} ${path}`
  return new Problem('file_failed', { detail, found: found ?? message, cause: error })
}

/** Connections have an errno and a syscall as well, and are no matter of files. */
const fileCalls: ReadonlySet<string> = new Set(
  'access chmod copyfile fstat fsync ftruncate lstat mkdir mkdtemp open read readdir rename rmdir scandir stat unlink write'.split(
    ' ',
  ),
)

type FileError = NodeJS.ErrnoException & { syscall: string }

function isFileError(error: unknown): error is FileError {
  return (
    error instanceof Error &&
    'errno' in error &&
    'syscall' in error &&
    fileCalls.has(String(error.syscall))
  )
}

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Why no process can be watched here; undefined where one can. In CI a test fails in its place. */
export function whyNoStrace(): string | undefined {
  try {
    execFileSync('strace', ['-f', '-e', 'trace=fsync', '-o', '/dev/null', 'true'], {
      stdio: 'pipe',
    })
    return undefined
  } catch (error) {
    return `no process can be watched by strace here (${String(error).split('\n')[0]})`
  }
}

/** A call of the kernel that has returned, in the order of their returns. */
export type SystemCall = {
  readonly name: string
  /** As strace prints them, each descriptor with its path. */
  readonly args: string
  readonly result: number
}

const calls =
  'openat,mkdir,write,writev,pwrite64,sendto,sendmsg,fsync,fdatasync,ftruncate,unlink,close'

/** What stands before a command, so that its calls are written down in a file. */
export function strace(): { before: string[]; read: () => SystemCall[] } {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'sallyport-strace-')), 'calls')
  const options = ['-f', '-qq', '-y', '-s', '40000', '-e', `trace=${calls}`, '-e', 'signal=none']
  return {
    before: ['strace', ...options, '-o', file],
    read: () => readCalls(readFileSync(file, 'utf8')),
  }
}

const form = /^(\d+) +(\w+)\((.*)\) += (-?\d+)/s
const begunForm = /^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$/s
const resumedForm = /^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)/s

function readCalls(text: string): SystemCall[] {
  const begun = new Map<string, string>()
  const read: SystemCall[] = []
  for (const line of text.split('\n')) {
    const unfinished = begunForm.exec(line)
    if (unfinished !== null) {
      const [, pid = '', , args = ''] = unfinished
      begun.set(pid, args)
      continue
    }
    const resumed = resumedForm.exec(line)
    const [, pid = '', name = '', args = '', result = ''] = resumed ?? form.exec(line) ?? []
    if (name === '') continue
    const whole = resumed === null ? args : (begun.get(pid) ?? '') + args
    read.push({ name, args: whole, result: Number(result) })
  }
  return read
}

// All tests, or those that are named. node's own runner leaves one processor free, which on a machine of two is half of them, and much of
// the time goes by in waiting: one file more than there are processors, where these are two, keeps them at work.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

const named = process.argv.slice(2)
const files =
  named.length > 0 ? named : ['packages/*/dist/test/**/*.test.js', 'bench/dist/test/**/*.test.js']
const atOnce = Math.max(3, availableParallelism() - 1)
const child = spawn(process.execPath, ['--test', `--test-concurrency=${atOnce}`, ...files], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code) => {
  process.exitCode = code ?? 1
})

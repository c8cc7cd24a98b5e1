// Runs before every npm script, on whatever Node the machine has: installs what the lockfile names where
// node_modules is missing or older than it, and builds. Plain JavaScript for that reason.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const installed = `${root}node_modules/.package-lock.json`
const isCurrent =
  existsSync(installed) &&
  statSync(installed).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs

if (isCurrent) {
  run('npm', ['run', '--silent', 'build'])
} else {
  console.error('Installing dependencies and building, once …')
  // The engines of the packages speak of the Node that this very install brings.
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (error !== undefined) console.error(`${command}: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

#!/usr/bin/env node
// Plain JavaScript on purpose: it must run on whatever Node the machine has, find a Node that is new
// enough, and only then load the built code.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const oldestNode = 24
const main = join(dirname(fileURLToPath(import.meta.url)), '../dist/src/main.js')

if (Number(process.versions.node.split('.')[0]) < oldestNode) {
  runWith(installedNode())
} else if (!existsSync(main)) {
  fail(`${main} is missing: run "npm run build" in the clone first`)
} else {
  const { run } = await import(main)
  process.exitCode = await run(process.argv.slice(2))
  // The command is over, however it ended: the channel to a parent must not keep this process.
  process.channel?.unref()
}

/** The Node that the repository brings as a dependency: npm's package `node`. */
function installedNode() {
  const require = createRequire(import.meta.url)
  try {
    return join(dirname(require.resolve('node/package.json')), 'bin/node')
  } catch {
    return fail(
      `Sallyport needs Node ${oldestNode} or newer, and this is ${process.version}.\n` +
        'Run "npm ci" in the clone, which brings one, or install a newer Node.',
    )
  }
}

/**
 * Runs this file again with another Node, and ends as that one ends. Signals are passed on. The
 * channel tells the other one when this process was killed in a way that it could not pass on.
 */
function runWith(node) {
  const child = spawn(node, process.argv.slice(1), {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  child.on('error', (error) => fail(`${node} could not be started: ${error.message}`))
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']) {
    // From the terminal, the whole group gets SIGINT, and so the child has it already.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY) || child.kill(signal))
  }
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
  })
}

function fail(message) {
  process.stderr.write(`sallyport: ${message}\n`)
  process.exit(3)
}

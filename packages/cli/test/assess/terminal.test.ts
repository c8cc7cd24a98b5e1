import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { questionNames } from '../../src/assess/questions.ts'
import { binary } from '../sallyport.ts'

/** util-linux: runs a command at a pseudo terminal of its own. */
const hasScript = spawnSync('script', ['--version']).status === 0
const isNeeded = process.env['CI'] === 'true'
const why = 'there is no script(1), of util-linux'

test('assess asks at a terminal, and Enter takes the usual answers', {
  skip: !hasScript && !isNeeded && why,
}, async () => {
  assert.ok(hasScript, why)
  const line = `stty cols 120 && '${process.execPath}' '${binary}' assess`
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    cwd: tmpdir(),
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NO_COLOR: '1', TERM: 'xterm' },
    timeout: 60_000,
  })
  const count = questionNames.length
  let shown = ''
  let answered = 0
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk
    // Each prompt says which it is; the terminal draws some of them more than once.
    while (answered < count && shown.includes(`${answered + 1}/${count}  `)) {
      answered += 1
      child.stdin.write('\r')
    }
  })
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve))
  assert.equal(code, 0, shown)
  assert.equal(answered, count)
  assert.match(shown, /Tokens only/)
  assert.match(shown, /trustDomain: example\.com/)
})

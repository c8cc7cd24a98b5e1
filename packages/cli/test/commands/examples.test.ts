import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { commands } from '../../src/commands.ts'
import { guide, privacyGuide, shellLines } from '../guide/guide.ts'
import { binary, newFolder } from '../sallyport.ts'

/** Commands that run until they are ended. */
const endless: ReadonlySet<string> = new Set(['dev', 'serve', 'agent haproxy'])

const readyWords: Readonly<Record<string, RegExp>> = {
  dev: /Ctrl-C ends|"gatewayPid"/,
  serve: /gateway: ready/,
  // Neither of the two is there.
  'agent haproxy': /the authority is not heard|HAProxy was not told/,
}

const folder = newFolder()
const tools = path.join(folder, 'tools')
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  NO_COLOR: '1',
  PATH: `${tools}:${process.env['PATH']}`,
}
// Run by `npm test`, the lines would be printed with npx, which finds no sallyport in this folder.
delete environment['npm_config_user_agent']
delete environment['npm_execpath']
const running = new Set<ChildProcess>()

function installSallyport(): void {
  mkdirSync(tools)
  const script = `#!/bin/sh\nexec "${process.execPath}" "${binary}" "$@"\n`
  writeFileSync(path.join(tools, 'sallyport'), script, { mode: 0o755 })
}

/** What the examples of `store` take: a configuration that names an empty one, of SQLite as PostgreSQL is not everywhere. */
function nameEmptyStores(): void {
  const made = readFileSync(path.join(folder, '.sallyport/dev/sallyport.yaml'), 'utf8')
  for (const name of ['restored', 'postgres']) {
    const other = made.replace('path: state/sallyport.db', `path: ${name}.db`)
    assert.notEqual(other, made)
    writeFileSync(path.join(folder, `${name}.yaml`), other)
  }
}

/** Runs a line as printed, to its end. */
function paste(line: string): Promise<{ code: number; stderr: string; stdout: string }> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: environment, timeout: 60_000 }
    execFile('bash', ['-c', line], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}

/**
 * 1 is an answer: of a device that the example before revoked, explain says so; and of a root whose CAs
 * publish nothing, no list is taken. What is fetched from the
 * internet is not there on every machine.
 */
function isExpected(name: string, code: number, stderr: string): boolean {
  // Nobody signs in where `dev` runs, no MDM enrols, and nobody receives events.
  if (code === 1 && /^(?:login|acme .*|mdm .*|webhooks .*)$/.test(name))
    return /not_found/.test(stderr)
  // The other gateway has a certificate by then, and has not called. The only one that has is needed.
  if (code === 1 && name === 'gateways revoke') return /not_found/.test(stderr)
  if (code === 1 && name.startsWith('feed ')) return /Gateways keep none of these/.test(stderr)
  if (code === 1 && name.startsWith('users ')) return /Nothing is kept/.test(stderr)
  if (code === 1)
    return /^(?:explain|doctor|scan|attestation status|attestation accept-list|ca import-list|certificates status)$/.test(
      name,
    )
  // No proxy asks for decisions in what `dev` writes.
  if (code === 3 && name === 'integrate') return /nowhere to ask/.test(stderr)
  // There is one person where `dev` runs: CAs take two, so that no request is made, and nobody agrees with themselves.
  if (code === 3 && name === 'ca issue') return /ENOENT/.test(stderr)
  if (code === 3 && /^(?:ca |feed |webhooks disable)/.test(name))
    return /second_person_needed/.test(stderr)
  if (code === 123 && name === 'proposals agree') return /proposal_own/.test(stderr)
  // Nor is there ACME.
  if (code === 3 && /^(?:acme .* (?:create|revoke)|webhooks .*)$/.test(name))
    return /not_found/.test(stderr)
  if (code === 3) return name === 'attestation snapshot' && /trust_source_unreachable/.test(stderr)
  return code === 0
}

/** Runs a line that does not end by itself, until it says something; its stdout and stderr so far. */
function pasteUntil(line: string, words: RegExp): Promise<string> {
  const child = spawn('bash', ['-c', `exec ${line}`], { cwd: folder, env: environment })
  running.add(child)
  let said = ''
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk
      if (words.test(said)) resolve(said)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('exit', (code) => {
      running.delete(child)
      reject(new Error(`${line} ended with ${code}: ${said}`))
    })
  })
}

async function endAll(): Promise<void> {
  await Promise.all(
    [...running].map(
      (child) =>
        new Promise((resolve) => {
          child.removeAllListeners('exit')
          child.on('exit', resolve)
          child.kill('SIGTERM')
        }),
    ),
  )
  running.clear()
}

describe('as printed', () => {
  let block = ''
  let gateway = ''

  before(async () => {
    installSallyport()
    block = await pasteUntil('sallyport dev', /Ctrl-C ends everything/)
    gateway = /https:\/\/(localhost:\d+)/.exec(block)?.[1] ?? ''
    nameEmptyStores()
  })
  after(endAll)

  const lineOf = (start: string): string => {
    const line = block.split('\n').find((candidate) => candidate.trimStart().startsWith(start))
    assert.ok(line !== undefined, block)
    return line.trim()
  }

  test('the first curl line is refused with its explanation', async () => {
    const { stdout } = await paste(lineOf('curl'))
    const body = JSON.parse(stdout) as Record<string, unknown>
    assert.equal(body['code'], 'device_certificate_required')
    assert.equal(body['title'], 'A device certificate is required')
  })

  test("the second curl line gets the service's answer", async () => {
    const line = block.split('\n').find((candidate) => candidate.includes('--cert '))
    const { stdout } = await paste(line ?? '')
    const body = JSON.parse(stdout) as { identity: Record<string, string> }
    assert.match(body.identity['sallyport-device'] ?? '', /dev_/)
  })

  for (const { name, examples } of commands.filter((command) => !endless.has(command.name))) {
    for (const { line } of examples) {
      test(`the example of ${name} works: ${line}`, async () => {
        // The usual port is taken where another deployment runs on this machine: dev said so, and took another.
        const { code, stderr } = await paste(line.replace('localhost:8440', gateway))
        assert.ok(isExpected(name, code, stderr), `${code} ${stderr}`)
      })
    }
  }

  for (const line of shellLines(guide)) {
    test(`the line of the guide to attestation works: ${line}`, async () => {
      const own = line.replaceAll('wallet', 'demo').replaceAll('snapshot.key', 'guide.key')
      const { code, stderr } = await paste(own)
      const [, group = '', word = ''] = line.split(' ')
      assert.ok(isExpected(`${group} ${word}`, code, stderr), `${code} ${stderr}`)
    })
  }

  for (const line of shellLines(privacyGuide)) {
    test(`the line of the guide to privacy works: ${line}`, async () => {
      const { code, stderr } = await paste(line)
      const [, group = '', word = ''] = line.split(' ')
      assert.ok(isExpected(`${group} ${word}`, code, stderr), `${code} ${stderr}`)
    })
  }

  test('the revoke line revokes, and the curl line is refused from then on', async () => {
    const curl = block.split('\n').find((candidate) => candidate.includes('--cert '))
    const revoke = block.split('\n').find((candidate) => candidate.includes('devices revoke'))
    assert.ok(curl !== undefined && revoke !== undefined)
    assert.equal((await paste(revoke)).code, 0)
    assert.equal(
      (JSON.parse((await paste(curl)).stdout) as { code: string }).code,
      'device_revoked',
    )
  })

  test('the examples of dev and serve run', async () => {
    await endAll()
    for (const { name, examples } of commands.filter((command) => endless.has(command.name))) {
      for (const { line } of examples) {
        await pasteUntil(line, readyWords[name] ?? /ready/)
        await endAll()
      }
    }
  })
})

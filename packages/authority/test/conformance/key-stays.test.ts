import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { createECDH } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { httpCall } from '../fixture/http-call.ts'
import { enrollmentOf, makeKey } from '../fixture/phone.ts'
import { writableMemory } from '../fixture/process-memory.ts'
import {
  isLabel,
  softHsmLibrary,
  softToken,
  softTokenMissing,
  tokenPin,
} from '../fixture/token-place.ts'

const missing = softTokenMissing()
if (missing !== undefined) console.log(`skipped: ${missing}`)
// Read by the fixtures, and by the processes that are started.
const variable = 'SALLYPORT_TEST_PKCS11'

const scratch: string[] = []
const children: ChildProcess[] = []
after(async () => {
  for (const child of children) {
    const ended = once(child, 'exit')
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    else continue
    await ended
  }
  for (const directory of scratch) rmSync(directory, { recursive: true, force: true })
})

const attributes = {
  class: 0x000,
  token: 0x001,
  private: 0x002,
  label: 0x003,
  value: 0x011,
  keyType: 0x100,
  id: 0x102,
  sensitive: 0x103,
  sign: 0x108,
  derive: 0x10c,
  extractable: 0x162,
  neverExtractable: 0x164,
  alwaysSensitive: 0x165,
  ecParameters: 0x180,
  ecPoint: 0x181,
} as const
type Attribute = { type: number; value?: number | boolean | string | Buffer }

type Cryptoki = {
  C_GetSlotList(tokenPresent: boolean): Buffer[]
  C_GetTokenInfo(slot: Buffer): { label: string }
  C_OpenSession(slot: Buffer, flags: number): Buffer
  C_CloseSession(session: Buffer): void
  C_Login(session: Buffer, user: number, pin: string): void
  C_CreateObject(session: Buffer, template: Attribute[]): Buffer
  C_FindObjectsInit(session: Buffer, template: Attribute[]): void
  C_FindObjects(session: Buffer, most: number): Buffer[]
  C_FindObjectsFinal(session: Buffer): void
  C_GetAttributeValue(
    session: Buffer,
    object: Buffer,
    template: Attribute[],
  ): { type: number; value: Buffer }[]
  load(path: string): void
}

/** A session of the token of a directory, logged in to. */
function openSession(directory: string): { module: Cryptoki; session: Buffer } {
  const { token } = softToken(directory)
  const { PKCS11 } = createRequire(import.meta.url)('pkcs11js') as { PKCS11: new () => Cryptoki }
  const module = new PKCS11()
  module.load(softHsmLibrary ?? '')
  const slot = module
    .C_GetSlotList(true)
    .find((each) => isLabel(module.C_GetTokenInfo(each).label, token))
  assert.ok(slot)
  const session = module.C_OpenSession(slot, 6)
  try {
    module.C_Login(session, 1, tokenPin)
  } catch (error) {
    assert.match(String(error), /ALREADY_LOGGED_IN/)
  }
  return { module, session }
}

const p256 = Buffer.from('06082a8648ce3d030107', 'hex')

/** Puts a key into the token under a name, as one that cannot leave. @returns its private scalar */
function importKey({ module, session }: { module: Cryptoki; session: Buffer }, label: string) {
  const pair = createECDH('prime256v1')
  const point = pair.generateKeys()
  const scalar = Buffer.alloc(32)
  const bare = pair.getPrivateKey()
  bare.copy(scalar, 32 - bare.length)
  const common = [
    { type: attributes.keyType, value: 3 },
    { type: attributes.token, value: true },
    { type: attributes.label, value: label },
    { type: attributes.id, value: Buffer.from(label) },
    { type: attributes.ecParameters, value: p256 },
  ]
  module.C_CreateObject(session, [
    ...common,
    { type: attributes.class, value: 2 },
    { type: attributes.ecPoint, value: Buffer.concat([Buffer.from([4, point.length]), point]) },
  ])
  module.C_CreateObject(session, [
    ...common,
    { type: attributes.class, value: 3 },
    { type: attributes.private, value: true },
    { type: attributes.sensitive, value: true },
    { type: attributes.extractable, value: false },
    { type: attributes.sign, value: true },
    { type: attributes.derive, value: false },
    { type: attributes.value, value: scalar },
  ])
  return scalar
}

async function start(module: string, directory: string, ...more: string[]) {
  const file = new URL(`./${module}.js`, import.meta.url)
  const child = fork(file, [directory, ...more], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  children.push(child)
  const facts = await new Promise<Record<string, string>>((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`${module} ended with ${code}`)))
  })
  return { pid: child.pid ?? 0, facts }
}

/** Numbers lie in memory with the first byte first, and last; and in text. */
function formsOf(scalar: Buffer): (string | Buffer)[] {
  return [
    scalar,
    Buffer.from(scalar.toReversed()),
    scalar.toString('hex'),
    scalar.toString('base64'),
    scalar.toString('base64url'),
  ]
}

test('the keys of the CAs stay in the token: no attribute lets them out, no file has them, and neither the memory of the authority nor that of the signer', {
  skip: missing ?? false,
}, async (context) => {
  process.env[variable] = softHsmLibrary
  context.after(() => delete process.env[variable])
  const { layOut } = await import('../fixture/deployment.ts')
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-stays-'))
  scratch.push(directory)
  const open = openSession(directory)
  const known = ['development-ca-wallet-1', 'feed-key-1', 'checkpoint-key-1'].map((name) => ({
    name,
    scalar: importKey(open, name),
  }))
  const laid = await layOut({ directory })
  const signer = await start('signer-process', directory)
  const { pid, facts } = await start('authority-process', directory, 'signer')
  for (let phone = 0; phone < 5; phone++) {
    const asked = await httpCall(facts['device'] + devicePaths.challenges, {
      ca: laid.caPem,
      body: { appId: 'wallet', purpose: 'enroll' },
    })
    const body = enrollmentOf(makeKey(), asked.body.challenge)
    const answer = await httpCall(facts['device'] + devicePaths.certificates, {
      ca: laid.caPem,
      body,
    })
    assert.equal(answer.status, 201, answer.text)
  }
  // The keys that were put there are those that sign: more of them were made beside.
  const listed = listPrivateKeys(openSession(directory))
  for (const name of ['device-root', 'service-root', 'device-ca-wallet-1', 'feed-key-1']) {
    assert.ok(listed.has(name), `${name} in ${[...listed.keys()].join(', ')}`)
  }
  for (const [name, is] of listed) {
    assert.deepEqual([name, is.extractable, is.sensitive], [name, false, true])
    const isMade = !known.some((each) => each.name === name)
    assert.deepEqual(
      [name, is.neverExtractable, is.alwaysSensitive],
      [name, isMade, isMade],
      'of those that were made in it the token says that they never could leave',
    )
  }
  const inFiles = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  assert.deepEqual(
    inFiles.filter((name) => name.endsWith('.key.json')),
    [],
  )
  // What finds them where they are: this process put them into the token.
  const own = memoryOrSkip(process.pid)
  assert.ok(known.every(({ scalar }) => own?.some((region) => region.includes(scalar)) !== false))
  for (const [name, of] of [
    ['the signer', signer.pid],
    ['the authority', pid],
  ] as const) {
    const regions = memoryOrSkip(of)
    if (regions === undefined) return context.skip('the memory of a process may not be read here')
    // Something that is there, so that a search which cannot find fails.
    assert.ok(regions.some((region) => region.includes('development-ca-wallet-1')))
    for (const { name: key, scalar } of known) {
      for (const form of formsOf(scalar)) {
        const found = regions.some((region) => region.includes(form))
        assert.ok(!found, `${key} is in the memory of ${name}`)
      }
    }
  }
})

function memoryOrSkip(pid: number): Buffer[] | undefined {
  try {
    return writableMemory(pid)
  } catch (error) {
    if (process.env['CI']) throw error
    return undefined
  }
}

function listPrivateKeys({ module, session }: { module: Cryptoki; session: Buffer }) {
  module.C_FindObjectsInit(session, [{ type: attributes.class, value: 3 }])
  const handles = module.C_FindObjects(session, 100)
  module.C_FindObjectsFinal(session)
  const read = (handle: Buffer, type: number) =>
    Buffer.from(module.C_GetAttributeValue(session, handle, [{ type }])[0]?.value ?? [])
  return new Map(
    handles.map((handle) => {
      assert.throws(() => read(handle, attributes.value), /SENSITIVE/)
      const is = (type: number) => read(handle, type).readUInt8(0) === 1
      return [
        read(handle, attributes.label).toString('utf8'),
        {
          extractable: is(attributes.extractable),
          sensitive: is(attributes.sensitive),
          neverExtractable: is(attributes.neverExtractable),
          alwaysSensitive: is(attributes.alwaysSensitive),
        },
      ]
    }),
  )
}

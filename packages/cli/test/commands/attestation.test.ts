import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { enrollmentProofBase } from '@sallyport/wire'
import { parseCertificate } from '@sallyport/pki'
import {
  androidKeyChain,
  androidKeyEvidence,
  appAssertion,
  appAttestation,
  defaultAndroidPhone,
  defaultIosPhone,
  makeAppAttestKey,
  makePlayConsole,
  managedDeviceChain,
  playIntegrityToken,
} from '@sallyport/virtual-device'
import { androidFile, challenge, file, root, roots, spki } from '../attestation/evidence-files.ts'
import { assertGolden } from '../golden.ts'
import { binary, type Ran, sallyport } from '../sallyport.ts'

type Check = { name: string; outcome: string; code: string | null; expected: string; found: string }
type Result = {
  format: string
  accepted: boolean
  assurance: string
  checks: Check[]
  claims: Record<string, unknown>
}

const { packageName, signerDigest } = defaultAndroidPhone
const hex = `hex:${challenge.toString('hex')}`

const verify = (...args: string[]): Promise<Ran> =>
  sallyport(['attestation', 'verify', ...args, '--roots', roots])
const android = (...args: string[]): Promise<Ran> => verify('--format', 'android-key', ...args)
async function resultOf(ran: Promise<Ran>): Promise<Result & { code: number }> {
  const { code, stdout, stderr } = await ran
  assert.equal(stdout.trimEnd().split('\n').length, 1, stderr)
  return { code, ...(JSON.parse(stdout) as Result) }
}
const failed = ({ checks }: Result): string[] =>
  checks.filter(({ outcome }) => outcome === 'failed').map(({ code }) => String(code))
const outcomeOf = ({ checks }: Result, name: string): string | undefined =>
  checks.find((check) => check.name === name)?.outcome

describe('attestation verify, of a chain of Android', () => {
  const chain = androidFile('phone.pem')

  test('accepts what was asked for, and prints exactly these members', async () => {
    const asked = ['--challenge', hex, '--spki', spki.toString('base64'), '--package', packageName]
    const result = await resultOf(
      android(chain, ...asked, '--signer-digest', signerDigest, '--json'),
    )
    const { code, ...members } = result
    assert.equal(code, 0)
    const names = ['format', 'accepted', 'assurance', 'checks', 'claims']
    assert.deepEqual(Object.keys(members), names)
    assert.equal(result.accepted, true)
    assert.equal(result.assurance, 'tee')
    for (const check of result.checks) {
      assert.deepEqual(Object.keys(check), ['name', 'outcome', 'code', 'expected', 'found'])
    }
    for (const name of ['challenge', 'key', 'package', 'signer']) {
      assert.equal(outcomeOf(result, name), 'passed', name)
    }
  })

  test('lists as unchecked what no option asks for', async () => {
    const result = await resultOf(android(chain, '--json'))
    assert.equal(result.code, 0)
    for (const name of ['challenge', 'key', 'package', 'signer', 'bootloader', 'notRevoked']) {
      assert.equal(outcomeOf(result, name), 'unchecked', name)
    }
  })

  for (const [what, args, code] of [
    ['another challenge', ['--challenge', 'text:of yesterday'], 'attestation_challenge_mismatch'],
    ["another app's package", ['--package', 'com.example.other'], 'android_package_mismatch'],
    ['another signer', ['--signer-digest', 'ab'.repeat(32)], 'android_signer_mismatch'],
    ['less than asked', ['--minimum-assurance', 'strongbox'], 'attestation_assurance_too_low'],
    ['a time before it', ['--at', '2001-01-01T00:00:00Z'], 'attestation_certificate_expired'],
    [
      'no patch of tomorrow',
      ['--minimum-patch-level', '2099-01'],
      'android_os_patch_level_too_old',
    ],
  ] as const) {
    test(`refuses ${what} with its code`, async () => {
      const result = await resultOf(android(chain, ...args, '--json'))
      assert.equal(result.code, 1)
      assert.equal(result.accepted, false)
      assert.ok(failed(result).includes(code), failed(result).join())
    })
  }

  test('takes one of several packages and digests, with colons', async () => {
    const digest = signerDigest.toUpperCase().replace(/..(?=.)/g, '$&:')
    const other = ['--package', 'com.example.other', '--signer-digest', 'ab'.repeat(32)]
    const own = ['--package', packageName, '--signer-digest', digest]
    assert.equal((await android(chain, ...other, ...own)).code, 0)
  })

  test('refuses an unlocked phone where that is asked for', async () => {
    const unlocked = androidFile('unlocked.pem', {
      deviceLocked: false,
      verifiedBootState: 'unverified',
    })
    assert.equal((await android(unlocked)).code, 0)
    for (const option of ['--require-locked-bootloader', '--require-verified-boot']) {
      assert.equal((await android(unlocked, option)).code, 1, option)
    }
  })

  test('refuses a chain with a serial number that the status list has', async () => {
    const [, batch] = androidKeyChain({ root, challenge, spki })
    assert.ok(batch !== undefined)
    const listed = androidKeyChain({ root, challenge, spki })
    const serial = parseCertificate(listed[1] ?? batch).serial
    const list = (status: string): string =>
      file('status.json', JSON.stringify({ entries: { [serial]: { status, reason: 'OTHER' } } }))
    const evidence = file(
      'listed.json',
      JSON.stringify(listed.map((der) => der.toString('base64'))),
    )
    for (const status of ['REVOKED', 'SUSPENDED']) {
      const ran = android(evidence, '--status-list', list(status), '--json')
      assert.equal((await resultOf(ran)).accepted, false, status)
    }
    assert.equal((await android(chain, '--status-list', list('REVOKED'))).code, 0)
  })

  test('reads stdin, and evidence as the device API carries it', async () => {
    const evidence = JSON.stringify(androidKeyEvidence({ root, challenge, spki }))
    const args = ['attestation', 'verify', '-', '--format', 'android-key', '--roots', roots]
    const child = spawn(process.execPath, [binary, ...args], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    child.stdin.end(evidence)
    assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 0)
  })

  test('believes no root but those that are built in, without --roots', async () => {
    const { code, stdout } = await sallyport([
      'attestation',
      'verify',
      chain,
      '--format',
      'android-key',
    ])
    assert.equal(code, 1)
    assert.match(stdout, /^Refused: attestation_root_untrusted/)
  })
})

describe('attestation verify, for a person', () => {
  test('says the verdict first, then each check, and what to do last', async () => {
    const { stdout, stderr } = await android(androidFile('person.pem'), '--challenge', 'text:other')
    const lines = stdout.split('\n')
    assert.equal(lines[0], 'Refused: attestation_challenge_mismatch')
    assert.match(stdout, / {2}✓ signatures /)
    assert.match(stdout, / {2}– package +not asked for; com\.example\.sallyport\.demo/)
    assert.match(
      stdout,
      / {2}✗ challenge +attestation_challenge_mismatch\n {6}expected {2}.*\n {6}found {5}.*\n {6}fix {7}/,
    )
    assert.match(stderr, /^Everything that was parsed: sallyport attestation show .*person\.pem\n$/)
  })

  test('lets nothing of the file drive the terminal', async () => {
    const evil = 'com.example.\u001b]0;owned\u0007\u001b[2J\r\n\u009b31m'
    const chain = androidFile('evil.pem', { packageName: evil })
    const verified = await android(chain, '--package', 'com.example.app')
    const shown = await sallyport(['attestation', 'show', chain])
    for (const { stdout, stderr } of [verified, shown]) {
      assert.match(stdout, /com\.example\.\ufffd/)
      assert.doesNotMatch((stdout + stderr).replaceAll('\n', ''), /\p{Cc}/u)
    }
  })
})

describe('attestation verify, of files that hold no evidence', () => {
  for (const [what, content, code] of [
    ['words', 'no evidence', 'attestation_malformed'],
    ['an empty file', '', 'attestation_malformed'],
    ['a PEM with junk', '-----BEGIN CERTIFICATE-----\n%%%%\n', 'attestation_malformed'],
    ['certificates of junk', JSON.stringify(['AAAA', 'BBBB']), 'attestation_malformed'],
    ['10 MB of base64', 'A'.repeat(10_000_000), 'attestation_too_large'],
    ['CBOR', Buffer.from('a0', 'hex'), 'attestation_malformed'],
    ['evidence of another format', '{"format":"apple-mda","chain":[]}', 'attestation_malformed'],
  ] as const) {
    test(`${what}: refused, and no check after the first was reached`, async () => {
      const result = await resultOf(android(file('hostile', content), '--json'))
      assert.equal(result.code, 1)
      assert.equal(result.assurance, 'unattested')
      assert.deepEqual(failed(result), [code])
      assert.equal(outcomeOf(result, 'wellFormed'), 'failed')
      assert.equal(outcomeOf(result, 'signatures'), 'unchecked')
    })
  }

  test('show says what was expected, with exit code 1', async () => {
    const { code, stdout, stderr } = await sallyport(['attestation', 'show', file('x', 'words')])
    assert.equal(code, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /expected {2}a PEM chain, leaf first/)
  })
})

describe('attestation verify, used wrongly', () => {
  const chain = androidFile('wrong.pem')
  for (const [what, args] of [
    ['without --format', [chain]],
    ['a format that there is not', [chain, '--format', 'tpm']],
    ['without a file', ['--format', 'android-key']],
    ['a challenge that names no encoding', [chain, '--format', 'android-key', '--challenge', 'ab']],
    ['a challenge that is no hex', [chain, '--format', 'android-key', '--challenge', 'hex:abc']],
    ['a challenge of no base64', [chain, '--format', 'android-key', '--challenge', 'base64:!']],
    ['a digest that is none', [chain, '--format', 'android-key', '--signer-digest', 'abcd']],
    ['a key id that is none', [chain, '--format', 'apple-app-attest', '--key-id', 'AAAA']],
    ['a time that is none', [chain, '--format', 'android-key', '--at', 'yesterday']],
    [
      'a time without its offset',
      [chain, '--format', 'android-key', '--at', '2026-01-01T00:00:00'],
    ],
    ['a key that is none', [chain, '--format', 'android-key', '--spki', '/no/such/key']],
    ['an option of another format', [chain, '--format', 'android-key', '--key-id', 'A'.repeat(43)]],
    ['--package for Apple', [chain, '--format', 'apple-mda', '--package', 'com.example.app']],
    ['a token without its keys', [file('token', 'e30.AA.AA.AA.AA'), '--format', 'play-integrity']],
    [
      'roots for Play Integrity',
      [file('token', 'e30.AA.AA.AA.AA'), '--format', 'play-integrity', '--roots', roots],
    ],
    ['a folder without roots', [chain, '--format', 'android-key', '--roots', '/proc/self/fd']],
    ['an app that there is not', [chain, '--format', 'android-key', '--app', 'other']],
  ] as const) {
    test(`${what} ends with 2`, async () => {
      const { code, stdout, stderr } = await sallyport(['attestation', 'verify', ...args], {
        env: { SALLYPORT_CONFIG: configuration },
      })
      assert.equal(code, 2, stderr)
      assert.equal(stdout, '')
    })
  }

  for (const [what, args] of [
    ['a file that is not there', ['/no/such/evidence']],
    ['a folder', ['/tmp']],
    ['roots that are not there', [chain, '--roots', '/no/such/roots']],
    ['a status list that is not there', [chain, '--status-list', '/no/such/list']],
    ['a status list of words', [chain, '--status-list', file('words', 'words')]],
    ['roots of words', [chain, '--roots', `${file('bad-roots/x.pem', 'words')}/..`]],
  ] as const) {
    test(`${what} ends with 3`, async () => {
      const line = ['attestation', 'verify', '--format', 'android-key', ...args]
      const { code, stdout } = await sallyport(line)
      assert.equal(code, 3)
      assert.equal(stdout, '')
    })
  }
})

const configuration = file(
  'sallyport.yaml',
  `version: 1
trustDomain: example.com
store: { path: store.db }
attestation: { insecureDevelopmentRoots: [roots/development.pem] }
apps:
  wallet:
    insecureDevelopmentDevices: true
    android: { packages: [${packageName}], signerDigests: ['${signerDigest}'] }
    enrollment: { evidence: [android-key] }
  strict:
    android: { packages: [${packageName}], signerDigests: ['${signerDigest}'] }
    enrollment: { evidence: [android-key] }
`,
)

describe('attestation verify --app', () => {
  const ask = (chain: string, ...args: string[]): Promise<Ran> =>
    sallyport([
      'attestation',
      'verify',
      chain,
      '--format',
      'android-key',
      '--config',
      configuration,
      ...args,
    ])

  test('asks for what the app of the configuration asks for, under the roots it may end at', async () => {
    const result = await resultOf(ask(androidFile('app.pem'), '--app', 'wallet', '--json'))
    assert.equal(result.code, 0)
    assert.equal((result as unknown as { development: boolean }).development, true)
    for (const name of ['package', 'signer', 'bootloader', 'verifiedBoot']) {
      assert.equal(outcomeOf(result, name), 'passed', name)
    }
    const unlocked = androidFile('app-unlocked.pem', { deviceLocked: false })
    assert.equal((await ask(unlocked, '--app', 'wallet')).code, 1)
  })

  test('an option stands in place of what the app says', async () => {
    const other = ['--app', 'wallet', '--package', 'com.example.other']
    assert.equal((await ask(androidFile('option.pem'), ...other)).code, 1)
  })

  test('development roots are for apps with development devices alone', async () => {
    const { code, stdout } = await ask(androidFile('strict.pem'), '--app', 'strict')
    assert.equal(code, 1)
    assert.match(stdout, /attestation_root_untrusted/)
  })
})

describe('attestation verify, of App Attest', () => {
  const key = makeAppAttestKey()
  const clientData = enrollmentProofBase(challenge, spki)
  const { appId } = defaultIosPhone
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  const attestation = file('attestation.b64', base64(appAttestation({ root, key, clientData })))
  const assertion = file('assertion.cbor', appAssertion({ key, clientData, counter: 7 }))
  const apple = (...args: string[]): Promise<Ran> =>
    verify('--format', 'apple-app-attest', '--app-id', appId, ...args)
  const asserted = ['--public-key', base64(key.spki), '--environment', 'production']

  test('accepts an attestation over challenge and key, as phones make it', async () => {
    const asked = ['--challenge', hex, '--spki', spki.toString('base64'), '--key-id', key.keyId]
    const result = await resultOf(apple(attestation, ...asked, '--json'))
    assert.equal(result.code, 0)
    assert.equal(result.assurance, 'app-attested')
    for (const name of ['nonce', 'keyId', 'appId']) assert.equal(outcomeOf(result, name), 'passed')
  })

  test('accepts it over the same client data, said as bytes', async () => {
    assert.equal(
      (await apple(attestation, '--client-data', `base64:${base64(clientData)}`)).code,
      0,
    )
    assert.equal((await apple(attestation, '--client-data', 'text:other')).code, 1)
  })

  test('refuses another app, another key and another environment', async () => {
    const other = ['--key-id', makeAppAttestKey().keyId]
    assert.equal((await apple(attestation, ...other)).code, 1)
    assert.equal((await apple(attestation, '--environment', 'development')).code, 1)
    const foreign = ['--format', 'apple-app-attest', '--app-id', 'ABCDE12345.com.example.other']
    assert.equal((await verify(attestation, ...foreign)).code, 1)
  })

  test('accepts an assertion of the key, its counter above the one before', async () => {
    const asked = ['--client-data', `base64:${base64(clientData)}`, ...asserted]
    const result = await resultOf(apple(assertion, ...asked, '--counter', '6', '--json'))
    assert.equal(result.code, 0)
    const equal = await resultOf(apple(assertion, ...asked, '--counter', '7', '--json'))
    assert.deepEqual(failed(equal), ['app_attest_counter_not_risen'])
  })

  test('an assertion without the key that it is held against is wrong use', async () => {
    const { code, stderr } = await apple(assertion)
    assert.equal(code, 2)
    assert.match(stderr, /--public-key, --app-id, --environment, and --counter/)
  })

  test('client data are said once', async () => {
    const twice = ['--challenge', hex, '--client-data', 'text:x']
    assert.equal((await apple(attestation, ...twice)).code, 2)
  })
})

test('attestation verify accepts a managed device of Apple, for its challenge and key', async () => {
  const chain = managedDeviceChain({ root, challenge, spki })
  const evidence = file('mda.json', JSON.stringify(chain.map((der) => der.toString('base64'))))
  const asked = ['--challenge', hex, '--spki', spki.toString('base64')]
  const result = await resultOf(verify(evidence, '--format', 'apple-mda', ...asked, '--json'))
  assert.equal(result.code, 0)
  assert.equal(result.assurance, 'secure-enclave')
  assert.equal((await verify(evidence, '--format', 'apple-mda', '--challenge', 'text:x')).code, 1)
})

describe('attestation show', () => {
  const show = (...args: string[]): Promise<Ran> => sallyport(['attestation', 'show', ...args])

  test('prints everything that was parsed, and guesses the format', async () => {
    const { code, stdout } = await show(androidFile('show.pem'))
    assert.equal(code, 0)
    assert.match(stdout, /^android-key\n/)
    assert.match(stdout, new RegExp(`attestationChallenge +${challenge.toString('hex')}`))
    assert.match(stdout, / {2}hardwareEnforced\n/)
  })

  test('prints the same as JSON', async () => {
    const { code, stdout } = await show(androidFile('show-json.pem'), '--json')
    assert.equal(code, 0)
    const shown = JSON.parse(stdout) as { format: string; claims: Record<string, unknown> }
    assert.equal(shown.format, 'android-key')
    assert.ok('keyDescription' in shown.claims)
  })

  test('guesses managed devices and App Attest, and reads the header of a token', async () => {
    const chain = managedDeviceChain({ root, challenge, spki })
    const mda = file('show-mda.json', JSON.stringify(chain.map((der) => der.toString('base64'))))
    assert.match((await show(mda)).stdout, /^apple-mda\n/)
    const key = makeAppAttestKey()
    const cbor = file('show.cbor', appAttestation({ root, key, clientData: challenge }))
    assert.match((await show(cbor)).stdout, /^apple-app-attest\n/)
    const token = file('show.jwe', 'eyJhbGciOiJBMjU2S1cifQ.AA.AA.AA.AA')
    assert.match((await show(token)).stdout, /^play-integrity\n\nheader\n {2}alg {2}A256KW\n/)
  })
})

describe('real phones', () => {
  const fixtures = new URL('../../../../attestation/test/fixtures/', import.meta.url)
  const phone = (name: string): string =>
    fileURLToPath(new URL(`android/google-keyattestation/${name}.pem`, fixtures))

  test('are verified and shown as these files have it', async () => {
    const tegu = phone('tegu/sdk36/TEE_EC_2026_ROOT')
    const judge = ['--format', 'android-key', '--at', '2026-03-01T00:00:00Z']
    const accepted = await sallyport(['attestation', 'verify', tegu, ...judge])
    assert.equal(accepted.code, 0)
    assertGolden('attestation-verify.txt', accepted.stdout)
    const asked = ['--challenge', 'text:other', '--package', 'com.example.wallet']
    const refused = await sallyport(['attestation', 'verify', tegu, ...judge, ...asked])
    assert.equal(refused.code, 1)
    assertGolden('attestation-verify-refused.txt', refused.stdout)
    const shown = await sallyport(['attestation', 'show', tegu])
    assertGolden('attestation-show.txt', shown.stdout)
  })

  test('show prints the certificates of a chain whose attestation cannot be read, and why', async () => {
    const broken = phone('invalid/malformed_rot_device_locked')
    const { code, stdout, stderr } = await sallyport(['attestation', 'show', broken])
    assert.equal(code, 1)
    assert.match(stdout, /certificates/)
    assert.match(stderr, /cannot be read: attestation_malformed, deviceLocked: a BOOLEAN/)
  })

  test('of a factory are accepted years later, and remotely provisioned ones are not', async () => {
    const judge = ['--format', 'android-key']
    const factory = await sallyport([
      'attestation',
      'verify',
      phone('blueline/sdk28/TEE_EC_NONE'),
      ...judge,
    ])
    assert.equal(factory.code, 0)
    const remote = await sallyport([
      'attestation',
      'verify',
      phone('caiman/sdk36/SB_EC_RKP'),
      ...judge,
    ])
    assert.equal(remote.code, 1)
    assert.match(remote.stdout, /^Refused: attestation_certificate_expired/)
    assert.match(remote.stderr, /as of when it was made: --at\n/)
  })
})

describe('attestation verify, of Play Integrity', () => {
  const console = makePlayConsole()
  const clientData = enrollmentProofBase(challenge, spki)
  const token = file('play.jwe', playIntegrityToken({ console, clientData }))
  // As copied from a page, over several lines.
  const wrapped = (key: string): string => `${key.replace(/.{20}/g, '$&\n')}\n`
  const keys = [
    '--decryption-key-file',
    file('play/decryption.txt', wrapped(console.decryptionKey)),
    '--verification-key-file',
    file('play/verification.txt', wrapped(console.verificationKey)),
  ]
  const play = (...args: string[]): Promise<Ran> =>
    sallyport(['attestation', 'verify', token, '--format', 'play-integrity', ...keys, ...args])

  test('accepts a token for challenge and key, and proves nothing of the key', async () => {
    const asked = ['--challenge', hex, '--spki', spki.toString('base64'), '--package', packageName]
    const result = await resultOf(play(...asked, '--json'))
    assert.equal(result.code, 0, failed(result).join())
    assert.equal(result.assurance, 'unattested')
    assert.equal((await play('--client-data', 'text:other')).code, 1)
    assert.equal((await play('--package', 'com.example.other')).code, 1)
  })

  test('shows its verdicts with the keys, and its header without', async () => {
    const show = (...args: string[]): Promise<Ran> =>
      sallyport(['attestation', 'show', token, ...args])
    assert.match((await show(...keys)).stdout, /appRecognitionVerdict +PLAY_RECOGNIZED/)
    assert.match((await show()).stdout, /^play-integrity\n\nheader\n/)
  })
})

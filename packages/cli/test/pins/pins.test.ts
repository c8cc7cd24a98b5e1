import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pinOf } from '@sallyport/pins'
import { assertGolden } from '../golden.ts'
import { newFolder, type Ran, sallyport } from '../sallyport.ts'
import { pinnedHost, startPinnedServer } from './pinned-server.ts'

let server: Awaited<ReturnType<typeof startPinnedServer>>
const cwd = newFolder()
const file = path.join(cwd, 'pins.yaml')

const pins = (...args: string[]): Promise<Ran> => sallyport(['pins', ...args], { cwd })
const check = (...args: string[]): Promise<Ran> =>
  pins('check', '--connect', server.address, ...args)

before(async () => {
  server = await startPinnedServer(cwd)
})
after(() => server.close())

/** The pins of a file, whose keys differ in each run, by number. */
function steady(text: string): string {
  const seen: string[] = []
  return text
    .replace(/[A-Za-z0-9+/]{43}=/g, (pin) => {
      if (!seen.includes(pin)) seen.push(pin)
      return `PIN${seen.indexOf(pin) + 1}${'.'.repeat(40)}`
    })
    .replace(/\d{4}-\d\d-\d\d/g, 'DATE')
    .replaceAll(server.address, 'ADDRESS')
    .replaceAll(cwd, '.')
}

describe('from a server to its pins', { concurrency: false }, () => {
  test('init looks at the server, shows its chain, and writes the pin of its root', async () => {
    const { code, stdout, stderr } = await pins(
      'init',
      pinnedHost,
      '--ca',
      'root.pem',
      '--connect',
      server.address,
    )
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^chain 1\n {2}leaf +DNS:api\.example\.com, .*\n {2}root +CN=Root One/)
    assert.match(stderr, /It needs a backup yet/)
    assertGolden('pins-init.yaml', steady(readFileSync(file, 'utf8')))
  })

  test('init does not write over a host', async () => {
    const { code, stderr } = await pins('init', pinnedHost, '--connect', server.address)
    assert.equal(code, 2)
    assert.match(stderr, /has api\.example\.com already/)
  })

  test('init warns of a chain that ends at no root, as a proxy in between makes them', async () => {
    const { code, stderr } = await pins(
      'init',
      pinnedHost,
      '--connect',
      server.address,
      '--file',
      'unknown.yaml',
    )
    assert.equal(code, 0, stderr)
    assert.match(stderr, /ends at no root that is known here/)
  })

  test('init of a server that is away writes nothing', async () => {
    const { code, stderr } = await pins(
      'init',
      'away.example',
      '--connect',
      '127.0.0.1:1',
      '--file',
      'away.yaml',
    )
    assert.equal(code, 3)
    assert.match(stderr, /connection_failed/)
    assert.equal(existsSync(path.join(cwd, 'away.yaml')), false)
  })

  test('nothing is generated without a backup, and the place is named', async () => {
    const { code, stdout, stderr } = await pins('generate', '--target', 'android-nsc')
    assert.equal(code, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /pins\.yaml:8:3: there is one pin: .*sallyport pins backup/)
  })

  test('backup writes an encrypted key for its owner alone, and keeps its pin', async () => {
    const { code, stdout, stderr } = await pins(
      'backup',
      '--out',
      'backup.pem',
      '--passphrase-file',
      'passphrase',
    )
    assert.equal(code, 0, stderr)
    const keyFile = path.join(cwd, 'backup.pem')
    assert.equal(statSync(keyFile).mode & 0o777, 0o600)
    assert.equal(statSync(path.join(cwd, 'passphrase')).mode & 0o777, 0o600)
    const passphrase = readFileSync(path.join(cwd, 'passphrase'), 'utf8').trim()
    const key = createPrivateKey({ key: readFileSync(keyFile, 'utf8'), passphrase })
    assert.equal(stdout.trim(), pinOf(createPublicKey(key)))
    assert.ok(readFileSync(file, 'utf8').includes(stdout.trim()))
    assert.doesNotMatch(stdout + stderr, new RegExp(passphrase.replace(/[-_]/g, '.')))
  })

  test('a key is never written over, and needs a passphrase', async () => {
    const was = readFileSync(file, 'utf8')
    const again = await pins('backup', '--out', 'backup.pem', '--passphrase-file', 'passphrase')
    assert.equal(again.code, 3)
    assert.match(again.stderr, /key_exists/)
    const open = await pins('backup', '--out', 'open.pem')
    assert.match(open.stderr, /key_passphrase_required/)
    writeFileSync(path.join(cwd, 'short'), 'short\n')
    const short = await pins('backup', '--out', 'short.pem', '--passphrase-file', 'short')
    assert.equal(short.code, 2)
    assert.equal(readFileSync(file, 'utf8'), was)
    assert.equal(existsSync(path.join(cwd, 'open.pem')), false)
  })

  test('explain tells what the file comes to', async () => {
    const { code, stdout } = await pins('explain')
    assert.equal(code, 0)
    assertGolden('pins-explain.txt', steady(stdout))
    const missing = await pins('explain', 'other.example')
    assert.equal(missing.code, 1)
    assert.match(missing.stderr, /expected +api\.example\.com/)
  })

  test('generate prints the file of a target, writes all of them, and refuses with a reason', async () => {
    const printed = await pins('generate', '--target', 'android-nsc')
    assert.equal(printed.code, 0, printed.stderr)
    const written = await pins('generate', '--target', 'android-nsc', '--out', 'made')
    assert.equal(written.stdout, 'made/network_security_config.xml\n')
    const content = readFileSync(path.join(cwd, 'made/network_security_config.xml'), 'utf8')
    assert.equal(printed.stdout, content)
    const json = await pins('generate', '--target', 'android-nsc', '--json')
    assert.equal((JSON.parse(json.stdout) as { text: string }).text, content)
    const refused = await pins('generate', '--target', 'ios-ats')
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /pins_not_expressible/)
    const unknown = await pins('generate', '--target', 'android')
    assert.equal(unknown.code, 2)
    assert.match(unknown.stderr, /android-nsc, ios-ats/)
  })

  test('check answers for cron: 0 it holds, 1 it breaks or will, 3 nobody was there', async () => {
    const holds = await check('--next', 'next.pem')
    assert.equal(holds.code, 0, holds.stdout)
    assertGolden('pins-check.txt', steady(holds.stdout))
    const will = await check('--next', 'stranger.pem', '--ca', 'other-root.pem')
    assert.equal(will.code, 1)
    assert.match(
      will.stdout,
      /✗ api\.example\.com, next stranger\.pem: will break: none of the pins/,
    )
    server.show('stranger')
    const broken = await check('--json')
    server.show('first')
    assert.equal(broken.code, 1)
    const outcomes = (JSON.parse(broken.stdout) as { outcome: string }[]).map(
      (each) => each.outcome,
    )
    assert.ok(outcomes.includes('broken'))
    const away = await pins('check', '--connect', '127.0.0.1:1')
    assert.equal(away.code, 3)
    assert.match(away.stdout, /\? api\.example\.com, live: not looked at/)
    const nowhere = await pins('check', '--connect', 'nowhere')
    assert.equal(nowhere.code, 2)
  })

  test('check finds the pins of a package, and what they would refuse', async () => {
    const app = path.join(cwd, 'Shop.app')
    mkdirSync(app)
    const pinned = (sha256: string) => `<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict>
<key>CFBundleIdentifier</key><string>com.example.shop</string>
<key>CFBundlePackageType</key><string>APPL</string>
<key>CFBundleExecutable</key><string>Shop</string>
<key>NSAppTransportSecurity</key><dict><key>NSPinnedDomains</key><dict>
<key>${pinnedHost}</key><dict><key>NSPinnedCAIdentities</key><array>
<dict><key>SPKI-SHA256-BASE64</key><string>${sha256}</string></dict>
</array></dict></dict></dict></dict></plist>
`
    const [, own = ''] = /sha256: (\S+)/.exec(readFileSync(file, 'utf8')) ?? []
    writeFileSync(path.join(app, 'Info.plist'), pinned(own))
    const good = await check('--package', 'Shop.app')
    assert.equal(good.code, 0, good.stdout)
    assert.match(
      good.stdout,
      /✓ api\.example\.com, package Shop\.app, ios-ats \(.*Info\.plist\): root/,
    )
    writeFileSync(path.join(app, 'Info.plist'), pinned(Buffer.alloc(32, 7).toString('base64')))
    const bricked = await check('--package', 'Shop.app')
    assert.equal(bricked.code, 1)
    assert.match(bricked.stdout, /✗ api\.example\.com, package Shop\.app.*broken: none of the pins/)
    writeFileSync(
      path.join(app, 'Info.plist'),
      pinned('').replaceAll(/<key>NS.*/gs, '</dict></plist>'),
    )
    const unpinned = await check('--package', 'Shop.app')
    assert.equal(unpinned.code, 0, unpinned.stdout)
    assert.match(unpinned.stdout, /no pins for it were found in the package/)
  })

  test('plan counts back from dates, and prints a calendar', async () => {
    const { code, stdout, stderr } = await pins('plan')
    assert.equal(code, 0)
    assert.deepEqual(
      stdout.split('\n').map((line) => line.slice(12, 19)),
      ['add pin', 'release', 'ends   ', ''],
    )
    assert.match(stderr, /A pin that is added today can be relied on from \d{4}-\d\d-\d\d/)
    const calendar = await pins('plan', '--ics')
    assert.match(calendar.stdout, /^BEGIN:VCALENDAR\r\nVERSION:2\.0\r\n/)
    assert.ok(calendar.stdout.split('\r\n').every((line) => Buffer.byteLength(line) <= 75))
    const live = await pins('plan', '--live', '--connect', server.address, '--json')
    assert.equal((JSON.parse(live.stdout) as { events: unknown[] }).events.length, 6)
  })

  test('add takes certificates, requests and public keys, each once, and no private key', async () => {
    const added = await pins('add', 'next.pem', '--json')
    const { pins: entries } = JSON.parse(added.stdout) as { pins: { role: string }[] }
    assert.deepEqual(
      entries.map(({ role }) => role),
      ['leaf'],
    )
    const again = await pins('add', 'next.pem')
    assert.match(again.stderr, /has these pins already/)
    const secret = await pins('add', 'backup.pem')
    assert.equal(secret.code, 2)
    assert.match(secret.stderr, /holds a private key/)
    const whole = await pins('add', 'other-root.pem', '--role', 'backup', '--whole')
    assert.equal(whole.code, 0, whole.stderr)
    assert.match(
      readFileSync(file, 'utf8'),
      /role: backup\n +for: root\n[\s\S]*certificate: pins\/[0-9a-f]{16}\.der/,
    )
    assert.match(whole.stderr, /ends with its renewal/)
    const missing = await pins('add', 'missing.pem')
    assert.equal(missing.code, 3)
    assert.match(missing.stderr, /pins_unreadable/)
  })
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { openPackage } from '../../src/archive/open-package.ts'
import { ConfigurationCrash } from '../../src/android/network/network-security-config.ts'
import { parseNetworkSecurityConfig } from '../../src/android/network/parse-network-security-config.ts'
import { readProtobufXml } from '../../src/android/protobuf/read-protobuf-xml.ts'
import { readBinaryXml } from '../../src/android/xml/read-binary-xml.ts'
import { readTextXml } from '../../src/android/xml/read-text-xml.ts'
import type { XmlElement } from '../../src/android/xml/xml-element.ts'
import { readFiles, settings } from './fixture.ts'
import { judgedApps } from './judged-apps.ts'
import { accepted, crashes } from './network-security-configs.ts'
import { told, type WrittenApp, writtenApp } from './written-app.ts'

// What aapt2 compiles is judged as what was written: the readers of each form are held against each other, and
// what is taken from written XML against what aapt2 takes from it.

const framework = '/usr/share/android-framework-res/framework-res.apk'
const why = 'aapt2 and android-framework-res are not installed'
const skip = process.env['CI'] === 'true' || existsSync(framework) ? false : why
const scratch = mkdtempSync(path.join(tmpdir(), 'compiled-'))
after(() => rmSync(scratch, { recursive: true }))

const forms = [
  { name: 'APK', flags: [] },
  { name: 'app bundle', flags: ['--proto-format'] },
]
let made = 0

/** Writes the files, compiles and links them, and gives what is in the result. */
async function compile(
  files: ReadonlyMap<string, Buffer>,
  flags: readonly string[],
): Promise<Map<string, Buffer>> {
  made += 1
  const folder = path.join(scratch, String(made))
  for (const [file, bytes] of files) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), bytes)
  }
  const inputs: string[] = []
  if (existsSync(path.join(folder, 'res'))) {
    inputs.push(path.join(folder, 'res.zip'))
    run('aapt2', ['compile', '--dir', path.join(folder, 'res'), '-o', path.join(folder, 'res.zip')])
  }
  const linked = path.join(folder, 'linked.apk')
  const manifest = path.join(folder, 'AndroidManifest.xml')
  const link = ['link', '-I', framework, '--manifest', manifest, '-o', linked]
  run('aapt2', [...link, ...flags, ...inputs])
  const opened = await openPackage(linked, settings.limits, assert.fail)
  const inside = new Map<string, Buffer>()
  for await (const entry of opened.entries) inside.set(entry.path, await entry.read())
  await opened.close()
  return inside
}

function run(command: string, parameters: readonly string[]): void {
  execFileSync(command, parameters, { stdio: ['ignore', 'ignore', 'pipe'] })
}

// aapt2 itself refuses what names a resource that is not there.
const configs = [...crashes, ...accepted].filter(([, inside]) => !inside.includes('@'))

for (const { name, flags } of forms) {
  test(`${name}: every configuration is parsed, or crashes, as it does written`, {
    skip,
  }, async () => {
    const written = configs.map(
      ([, inside]) => `<network-security-config>${inside}</network-security-config>`,
    )
    const resources = written.map(
      (text, index) => [`res/xml/n${index}.xml`, Buffer.from(text)] as const,
    )
    const files = await compile(new Map([...writtenApp({}), ...resources]), flags)
    for (const [index, text] of written.entries()) {
      const bytes = files.get(`res/xml/n${index}.xml`)
      assert.ok(bytes)
      const read = flags.length > 0 ? readProtobufXml : readBinaryXml
      assert.equal(
        outcome(read(bytes).root),
        outcome(readTextXml(Buffer.from(text)).root),
        configs[index]?.[0] ?? '',
      )
    }
  })

  test(`${name}: every app is judged as it is written`, { skip }, async () => {
    for (const [what, app] of judgedApps) {
      const { findings, notChecked } = await readFiles(
        await compile(writtenApp(compilable(app)), flags),
      )
      const expected = await readFiles(writtenApp(compilable(app)))
      assert.deepEqual(told(findings), told(expected.findings), what)
      assert.deepEqual(notChecked, [], what)
    }
  })
}

function outcome(root: XmlElement | undefined): string {
  assert.ok(root)
  try {
    const { base, domains } = parseNetworkSecurityConfig(root, 'network.xml', false)
    return JSON.stringify([base, domains], (key, value: unknown) =>
      key === 'location' ? undefined : value,
    )
  } catch (error) {
    if (error instanceof ConfigurationCrash) return error.message
    throw error
  }
}

/** aapt2 takes no component without the names that the platform asks for. */
function compilable(app: WrittenApp): WrittenApp {
  const components = app.components?.replaceAll(
    /<provider android:name="(?![^>]*android:authorities)/g,
    '<provider android:authorities="a" android:name="',
  )
  return components === undefined ? app : { ...app, components }
}

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFileSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { certificatesFromPem, parseCertificate, toPem } from '@sallyport/pki'
import { quietPort } from '@sallyport/virtual-device'
import { blocksOf } from '../guide/guide.ts'
import { binary, type Development, endLeftOver, newFolder, sallyport } from '../sallyport.ts'
import { ask, open, placeOf } from './connection.ts'
import { type Identity, startEdited } from './edited-development.ts'

const page = readFileSync(new URL('../../../../../docs/guide/mdm.md', import.meta.url), 'utf8')
const [lanes = '', credentials = '', strongswan = '', est = ''] = blocksOf(page, 'sh')

describe('a managed fleet, by the lines of the guide', () => {
  let dev: Development
  let folder: string
  let url: string
  before(async () => {
    folder = newFolder()
    const port = await quietPort()
    url = `http://127.0.0.1:${port}`
    dev = await startEdited((config) => {
      const { authority, apps } = config as unknown as Edited
      authority.listeners['status'] = { listen: `127.0.0.1:${port}` }
      const [app] = Object.values(apps)
      if (app !== undefined) app.protocols = { est: { lane: 'machines' }, scep: { lane: 'fleet' } }
    })
    copyFileSync(dev.facts.caFile, path.join(folder, 'service-ca.crt'))
  })
  after(async () => {
    await dev.end()
    endLeftOver()
  })

  const run = async (...args: string[]) => {
    const ran = await sallyport([...args, '--config', dev.facts.configFile])
    assert.equal(ran.code, 0, ran.stderr)
    return ran.stdout.trim()
  }
  /** Runs a block of the page as a shell does, with where it is here in place of where it is there. */
  const shell = (block: string) =>
    new Promise<string>((resolve, reject) => {
      const own = block
        .replaceAll('http://status.example.com:8080', url)
        .replaceAll('https://enroll.example.com:8443', dev.facts.authority)
        .replaceAll('/wallet', '/demo')
        .replaceAll('--app wallet', '--app demo')
      const command = `'${process.execPath}' '${binary}' "$@" --config '${dev.facts.configFile}'`
      const script = `sallyport() { ${command}; }\n${own}`
      const options = { cwd: folder, timeout: 60_000 }
      execFile('bash', ['-euo', 'pipefail', '-c', script], options, (error, out, said) =>
        error === null ? resolve(out) : reject(new Error(said)),
      )
    })
  const at = (name: string) => path.join(folder, name)
  const status = async (identity: Identity) => {
    const place = placeOf(dev.facts)
    return (await ask(await open(place, identity), place)).status
  }
  const idOf = (certificate: { uris: readonly string[] }) =>
    certificate.uris[0]?.split('/').at(-1) ?? ''

  it('a machine that enrolled by EST is let in as unattested, until it is revoked', async () => {
    const listed = await shell(lanes)
    for (const lane of ['machines', 'fleet']) assert.match(listed, new RegExp(`${lane} +issues`))
    await shell(est)
    const identity = {
      cert: readFileSync(at('renewed.pem'), 'utf8'),
      key: readFileSync(at('machine.key'), 'utf8'),
    }
    const [certificate] = certificatesFromPem(identity.cert)
    assert.ok(certificate)
    assert.equal(await status(identity), 200)
    const shown = JSON.parse(await run('devices', 'show', idOf(certificate), '--json'))
    assert.match(JSON.stringify(shown), /"assurance":"unattested"/)
    await revoked(certificate, identity)
  })

  it('a device of an MDM enrols and renews with strongSwan by SCEP, and is let in alike', async () => {
    const challenge = (await shell(credentials)).trim()
    // As the comment of that line has it: the credential in the place of a token.
    await shell(strongswan.replace(/^TOKEN=.*$/m, `TOKEN=${challenge}`))
    const certificate = parseCertificate(readFileSync(at('next.der')))
    const identity = {
      cert: toPem('CERTIFICATE', certificate.der),
      key: readFileSync(at('next.key'), 'utf8'),
    }
    assert.equal(await status(identity), 200)
    assert.match(await run('mdm', 'credentials', 'list'), /Jamf +usable +200 /)
    await revoked(certificate, identity)
  })

  async function revoked(
    certificate: { uris: readonly string[] },
    identity: Identity,
  ): Promise<void> {
    await run('devices', 'revoke', idOf(certificate), '--yes')
    for (let round = 0; round < 200; round++) {
      const now = await status(identity).catch(() => 0)
      if (now !== 200) return
      await sleep(100)
    }
    assert.fail('a gateway lets it in twenty seconds later')
  }
})

type Edited = {
  authority: { listeners: Record<string, object> }
  apps: Record<string, { protocols?: object }>
}

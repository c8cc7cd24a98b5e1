import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { survey } from '../src/index.ts'
import {
  type DemandingServer,
  demandingServers,
  isMissing,
  startDemanding,
  versions,
} from './demanding-servers.ts'
import { issue, type Made, newKeys } from './test-authority.ts'

const host = 'api.example.com'
let leaf: Made
let rsaLeaf: Made

before(async () => {
  const root = await issue({ name: 'Root' })
  const intermediate = await issue({ name: 'Intermediate', issuer: root })
  leaf = await issue({ name: 'leaf', issuer: intermediate, hosts: [host] })
  const keys = await newKeys('rsa')
  rsaLeaf = await issue({ name: 'rsa leaf', issuer: intermediate, hosts: [host], keys })
})

for (const name of Object.keys(demandingServers) as DemandingServer[]) {
  for (const version of versions) {
    test(`the chain of ${name} is seen under TLS ${version}`, {
      skip: isMissing(name),
    }, async (t) => {
      for (const made of [leaf, rsaLeaf]) {
        const port = await startDemanding(t, name, version, made)
        const { sent, silent } = await survey(host, {
          port,
          connect: { host: '127.0.0.1', port },
          timeoutMs: 5_000,
        })
        assert.deepEqual(silent, [])
        assert.equal(sent.length, 1)
        assert.deepEqual(
          sent[0]?.certificates.map(({ thumbprint }) => thumbprint),
          made.sent.map(({ certificate }) => certificate.thumbprint),
        )
        // Each certificate is of one kind of key, and the offer of the other kind is not taken.
        assert.equal(sent[0]?.to.length, 2)
      }
    })
  }
}

import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isProblem } from '@sallyport/problem'
import pino from 'pino'
import { assembleAuthority } from '../../src/assemble-authority.ts'
import { endIssuer } from '../../src/issuers/end-issuer.ts'
import { noJournal } from '../../src/signer/journal/signing-journal.ts'
import { localSigner } from '../../src/signer/local-signer.ts'
import { openKeys } from '../../src/signer/open-keys.ts'
import type { Signer } from '../../src/signer/signer.ts'
import { signerBoundsOf } from '../../src/signer/signer-bounds.ts'
import { layOut, passphrase } from '../fixture/deployment.ts'

const isMissing = (error: unknown) => isProblem(error) && error.code === 'issuer_missing'

test('a CA that is withdrawn while an earlier reading waits for a slow signer is believed by nobody afterwards', async () => {
  const { config, directory } = await layOut()
  const environment = { SALLYPORT_PASSPHRASE: passphrase }
  const keys = openKeys(config, { directory, environment })
  const bounds = () => signerBoundsOf(config)
  const signer = localSigner({ keys, bounds, now: Date.now, journal: noJournal })
  const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>()
  const { promise: hasBegun, resolve: begin } = Promise.withResolvers<void>()
  let isSlow = false
  const slow: Signer = {
    ...signer,
    async holdsIssuer(input) {
      const answer = await signer.holdsIssuer(input)
      if (!isSlow) return answer
      isSlow = false
      begin()
      await mayGoOn
      return answer
    },
  }
  const running = { log: pino({ level: 'silent' }), directory, version: '0.0.0-test' }
  const { authority } = await assembleAuthority(config, { ...running, signer: slow })
  try {
    const { id } = authority.issuers.issuing('wallet', 'development')
    isSlow = true
    const earlier = authority.refreshIssuers()
    await hasBegun
    const order = { id, reason: 'leaked', actor: 'operator' }
    await authority.store.write((tx) => endIssuer(tx, order, Date.now()))
    const later = authority.refreshIssuers()
    // As long as one that waits for nothing takes.
    await Promise.race([later, sleep(1_000)])
    goOn()
    await Promise.all([earlier, later])
    assert.equal(authority.issuers.byId(id)?.status, 'revoked')
    assert.throws(() => authority.issuers.issuing('wallet', 'development'), isMissing)
  } finally {
    await authority.feed.close()
    await authority.trust.close()
    await authority.receipts.close()
    await authority.decisions.close()
    await authority.refusedAppraisals.close()
    await authority.store.close()
    rmSync(directory, { recursive: true, force: true })
  }
})

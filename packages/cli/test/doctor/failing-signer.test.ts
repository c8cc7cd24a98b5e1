import assert from 'node:assert/strict'
import { it } from 'node:test'
import { failingSigner } from '../../src/doctor/running-authority-check.ts'

it('names what the signer could not do, with what to do; and nothing that is no reason', () => {
  const metrics = `# TYPE sallyport_authority_signing_failing gauge
sallyport_authority_signing_failing{operation="deviceCertificate",reason="vault_unavailable"} 1
sallyport_authority_signing_failing{operation="feed",reason="no_such_reason"} 1
`
  const findings = failingSigner(metrics)
  assert.deepEqual(
    findings.map(({ verdict, what, found }) => [verdict, what, found]),
    [['fail', 'signer, deviceCertificate', 'vault_unavailable']],
  )
  assert.match(findings[0]?.fix ?? '', /unsealed/)
})

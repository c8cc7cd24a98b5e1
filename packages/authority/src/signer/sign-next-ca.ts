import { writeCertificatesOnly, writeSignedData } from '@sallyport/pki/cms'
import type { SignerContext } from './local-signer.ts'
import { openRa } from './scep-ra.ts'
import type { Signer, SignerInput } from './signer.ts'
import { signerRefusal } from './signer-refusal.ts'

/**
 * What clients of SCEP believe of the CA to come (RFC 8894 §4.7.1): certificates alone, signed by the registration
 * authority of now. It vouches for no CA but one whose key is here, of the same app and lane; not for a root, whose
 * key may be anywhere. Some clients read the certificates beside the content: the new one is there as well.
 */
export async function signScepNextCa(
  context: SignerContext,
  { ra, next }: SignerInput<'scepNextCa'>,
): ReturnType<Signer['scepNextCa']> {
  const signer = await openRa(context, ra)
  const { issuer, kind, appId, lane } = await context.issuers.open(next, context.bounds())
  if (kind !== 'unattested' || appId !== signer.scope.appId || lane !== signer.scope.lane) {
    throw signerRefusal(`a CA of what ${ra.keyName} is for`, next.keyName)
  }
  const message = await writeSignedData({
    content: writeCertificatesOnly([issuer.certificate]),
    signer,
    attributes: [],
    certificates: [signer.certificate, issuer.certificate],
  })
  return { message: message.toString('base64url') }
}

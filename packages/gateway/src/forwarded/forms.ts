import { fromByteSequence, listMembers } from './byte-sequence.ts'
import { readBase64Der, readBase64DerList } from './base64-der.ts'
import { readEscapedPem } from './escaped-pem.ts'
import { chainOf, type ForwardedChain } from './forwarded-chain.ts'
import { readXfcc } from './xfcc.ts'

/** The values of the fields of a form, as received; undefined where there was none. */
export type FormValues = {
  readonly certificate: string
  readonly chain: string | undefined
  /** How many believed proxies added to the field, where a form has a place for each. */
  readonly hops: number
}

/** One way in which proxies tell the certificate of their client. */
export type Form = {
  /** What writes it, for people. */
  readonly of: string
  /** The field of the certificate, lower case; another may be configured where proxies leave it open. */
  readonly field: string
  /** Where the rest of the chain has a field of its own. */
  readonly chainField?: string
  /** Whether proxies let their operator choose the name. */
  readonly isFieldFree: boolean
  readonly read: (values: FormValues) => ForwardedChain
}

/** Every form that is understood, by its name in the configuration. */
export const forms = {
  rfc9440: {
    of: 'Client-Cert and Client-Cert-Chain (RFC 9440); Google Cloud’s client_cert_leaf and client_cert_chain',
    field: 'client-cert',
    chainField: 'client-cert-chain',
    isFieldFree: true,
    read: ({ certificate, chain }) =>
      chainOf(
        [certificate.trim(), ...(chain === undefined || chain === '' ? [] : listMembers(chain))],
        fromByteSequence,
      ),
  },
  xfcc: {
    of: 'Envoy and Istio: X-Forwarded-Client-Cert with Cert or Chain',
    field: 'x-forwarded-client-cert',
    isFieldFree: false,
    read: ({ certificate, hops }) => readXfcc(certificate, hops),
  },
  nginx: {
    of: 'nginx and ingress-nginx: $ssl_client_escaped_cert',
    field: 'ssl-client-cert',
    isFieldFree: true,
    read: ({ certificate }) => readEscapedPem(certificate),
  },
  traefik: {
    of: 'Traefik: passTLSClientCert with pem',
    field: 'x-forwarded-tls-client-cert',
    isFieldFree: false,
    read: ({ certificate }) => readBase64DerList(certificate),
  },
  der: {
    of: 'HAProxy: ssl_c_der,base64; Caddy: tls.client.certificate_der_base64',
    field: 'x-ssl-client-cert',
    isFieldFree: true,
    read: ({ certificate }) => readBase64Der(certificate),
  },
  'aws-alb': {
    of: 'AWS Application Load Balancer, mutual TLS passed through',
    field: 'x-amzn-mtls-clientcert',
    isFieldFree: false,
    read: ({ certificate }) => readEscapedPem(certificate),
  },
  'aws-alb-verified': {
    of: 'AWS Application Load Balancer, mutual TLS verified by it',
    field: 'x-amzn-mtls-clientcert-leaf',
    isFieldFree: false,
    read: ({ certificate }) => readEscapedPem(certificate),
  },
  'aws-cloudfront': {
    of: 'Amazon CloudFront, mutual TLS of viewers',
    field: 'cloudfront-viewer-cert-pem',
    isFieldFree: false,
    read: ({ certificate }) => readEscapedPem(certificate),
  },
  cloudflare: {
    of: 'Cloudflare: the managed transform that adds TLS client authentication headers',
    field: 'cf-client-cert-der-base64',
    isFieldFree: false,
    read: ({ certificate }) => readBase64Der(certificate),
  },
} as const satisfies Readonly<Record<string, Form>>

export type FormName = keyof typeof forms
export const formNames = Object.keys(forms) as readonly FormName[]

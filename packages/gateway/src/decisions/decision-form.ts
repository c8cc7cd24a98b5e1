import {
  type ForwardedForm,
  forwardedChainReader,
  type ReadForwardedChain,
} from '../forwarded/read-forwarded-chain.ts'

/** How one kind of proxy asks, and what it can do with the answer. */
export type DecisionForm = {
  /** The field of a call over HTTP that holds the client's certificate, lower case. */
  readonly certificateField: string
  readonly readChain: ReadForwardedChain
  /** The status of an answer that refuses: not every proxy hands on any. */
  readonly statusOf: (status: number) => number
  /** Whether the client gets the content of an answer; else it is told in a field as well. */
  readonly passesContent: boolean
}

const asIs = (status: number): number => status
/** https://nginx.org/en/docs/http/ngx_http_auth_request_module.html: any other status is an error. */
const knownToNginx = (status: number): number => (status === 401 ? 401 : 403)

/** The forms of callers: a row for each proxy that `sallyport integrate` knows. */
export const decisionForms = {
  nginx: formOf('ssl-client-cert', 'nginx', knownToNginx),
  haproxy: formOf('x-ssl-client-cert', 'der', asIs),
  caddy: formOf('x-ssl-client-cert', 'der', asIs),
  traefik: formOf('x-forwarded-tls-client-cert', 'traefik', asIs),
  envoy: formOf('x-forwarded-client-cert', 'xfcc', asIs),
} as const satisfies Record<string, DecisionForm>

export type DecisionFormName = keyof typeof decisionForms
export const decisionFormNames = Object.keys(decisionForms) as DecisionFormName[]

function formOf(
  field: string,
  form: ForwardedForm['form'],
  statusOf: DecisionForm['statusOf'],
): DecisionForm {
  return {
    certificateField: field,
    readChain: forwardedChainReader({ form, field }),
    statusOf,
    passesContent: statusOf === asIs,
  }
}

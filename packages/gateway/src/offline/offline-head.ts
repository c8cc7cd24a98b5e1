import { countHeader, lookUpHeader } from '../exchange/header-lookup.ts'
import { unseenContent } from '../exchange/held-content.ts'
import type { RequestHead } from '../exchange/request-head.ts'
import type { OfflineRequest } from './offline-request.ts'

/** The head of a described request. Nobody is answered. */
export function offlineHead({ method, path, host, headers }: OfflineRequest): RequestHead {
  const rawHeaders = countHeader(headers, 'host') === 0 ? ['Host', host, ...headers] : [...headers]
  return {
    httpVersion: '1.1',
    method,
    target: path,
    authority: lookUpHeader(rawHeaders, 'host'),
    rawHeaders,
    requestId: 'req_offline',
    contentLength: undefined,
    heldContent: unseenContent,
    readContent: () => Promise.resolve(unseenContent),
    header: (name) => lookUpHeader(rawHeaders, name),
    headerCount: (name) => countHeader(rawHeaders, name),
    addAnswerField: () => {},
    onDone: () => {},
  }
}

/** The header field that carries a gateway's signed word about a request: a JWT (RFC 7519). */
export const assertionField = 'Sallyport-Assertion'

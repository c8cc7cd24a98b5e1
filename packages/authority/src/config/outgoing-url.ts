/**
 * Pattern of a URL that the authority asks for something. Plain HTTP only where nobody stands in
 * between; no password, since addresses are logged.
 */
export const outgoingUrl =
  'https://[^\\s#@/?]+(?:[/?][^\\s#]*)?|http://(?:127\\.0\\.0\\.1|localhost|\\[::1\\])(?::[0-9]{1,5})?(?:/[^\\s#]*)?'

/** Which addresses webhooks may call: public ones by https, and hosts that a setting names. */
import ipaddr from 'ipaddr.js';
import { maxWebhookUrlLength } from './webhook.ts';

/** What is wrong with a URL, in words that end a sentence; undefined where nothing is. Makes no network request. */
export function faultOfWebhookUrl(text: string, privateHosts: readonly string[]): string | undefined {
  if (text.length > maxWebhookUrlLength) return `has at most ${maxWebhookUrlLength} characters`;
  const url = URL.parse(text);
  if (url === null) return 'is no URL';
  if (url.username !== '' || url.password !== '') return 'holds credentials: verify the signature instead';
  if (url.hash !== '') return 'holds a fragment, which no server is sent';
  if (isPrivateHost(url, privateHosts))
    return url.protocol === 'http:' || url.protocol === 'https:' ? undefined : 'is not of http or https';
  if (url.protocol !== 'https:') return 'does not begin with https://';
  const host = hostOf(url);
  if (host === 'localhost' || host.endsWith('.localhost') || (ipaddr.isValid(host) && !isPublicAddress(host))) {
    return 'names a private address';
  }
  return undefined;
}

/** Whether the setting names it: with its port, or with any port. */
export function isPrivateHost(url: URL, privateHosts: readonly string[]): boolean {
  return privateHosts.some((name) => name === hostOf(url) || name === url.host);
}

/** Without the brackets of IPv6. However an IPv4 address was written, a URL has it in dotted form. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Of the public internet: all other ranges are refused, also when they are wrapped in an IPv6 address. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  // `::ffff:10.0.0.1` is 10.0.0.1.
  const address = ipaddr.process(text);
  if (address.range() !== 'unicast') return false;
  // The range from which public addresses are assigned; those beside it (`::10.0.0.1`, for example) reach something else, or nothing.
  return address.kind() === 'ipv4' || address.match(ipaddr.parse('2000::'), 3);
}

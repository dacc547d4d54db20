import { pending, unknown } from './answer.ts';

// Why it is not known what an address was: said of many, made once.
export const NO_ADDRESS = unknown('no address is named');
export const NO_SERVICE = unknown('it is not known which Service the address is used for');
export const NOT_SEEN = pending('the proxy was not seen to use the address yet');
export const NOT_LISTED = pending('the first list of Services or EndpointSlices is under way', 'endpoints');
export const REWRITTEN = pending('its EndpointSlices are being rewritten', 'endpoints');
export const UNDER_WAY = pending('a change may be under way', 'endpoints');
export const BEHIND = pending('the proxy may know more than the EndpointSlices that were heard of', 'endpoints');

/**
 * Replaces `@smithy/node-http-handler` in the bundles of the functions: without HTTP/2, which only the Kinesis client would
 * use by default, they are 7 KB smaller.
 */
export { NodeHttpHandler, NodeHttpHandler as NodeHttp2Handler, streamCollector } from '#node-http-handler';

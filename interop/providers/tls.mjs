// TLS in front of an application that speaks http on loopback, as a reverse proxy does.
//   node tls.mjs --port 9501 --to 9500 [--tls certs]
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import * as path from 'node:path';
import { parseArgs } from 'node:util';

const { values: args } = parseArgs({ options: {
  port: { type: 'string', default: '9501' }, to: { type: 'string', default: '9500' }, tls: { type: 'string', default: 'certs' },
} });
const read = (file) => fs.readFileSync(path.join(args.tls, file));
https.createServer({ key: read('server.key'), cert: read('server.crt') }, (req, res) => {
  const onward = http.request({
    host: '127.0.0.1', port: Number(args.to), method: req.method, path: req.url, headers: req.headers,
  }, (reply) => {
    res.writeHead(reply.statusCode, reply.rawHeaders);
    reply.pipe(res);
  });
  onward.on('error', () => res.writeHead(502).end());
  req.pipe(onward);
}).listen(Number(args.port), '127.0.0.1', () => console.log(`https://127.0.0.1:${args.port}`));

// The response by a cross-site POST: the provider on localhost, the application on 127.0.0.1 over TLS.
//   node form_post.mjs [--app https://127.0.0.1:9501] [--provider http://localhost:9402] [--shots target/interop/form_post]
import { parseArgs } from 'node:util';
import { check, equal, go, main } from './browser.mjs';

const { values: args } = parseArgs({ options: {
  app: { type: 'string', default: 'https://127.0.0.1:9501' }, provider: { type: 'string', default: 'http://localhost:9402' },
  shots: { type: 'string', default: 'target/interop/form_post' },
} });

// A sign-in has a cookie of its own, which stays.
const loginCookies = async (context) => (await context.cookies(args.app)).filter(({ name }) => name.includes('oauth-login-'))
  .map(({ name, secure, httpOnly, sameSite, path }) => ({ host: name.startsWith('__Host-'), secure, httpOnly, sameSite, path }));

async function login(context, picture, client, shot) {
  const page = await context.newPage();
  await page.goto(`${args.app}/login/${client}`);
  equal('at the provider', new URL(page.url()).origin, args.provider);
  const during = await loginCookies(context);
  await page.fill('input[name=login]', 'alice');
  await page.fill('input[name=password]', 'password');
  await picture(page, `${shot}-1-login`);
  await go(page, page.click('[type=submit]'));
  const back = page.waitForResponse((response) => response.url().startsWith(`${args.app}/authorize/${client}`));
  await page.click('[type=submit]');
  const response = await back;
  await page.waitForLoadState('load');
  await picture(page, `${shot}-2-back`);
  return { during, response, user: JSON.parse(await page.locator('body').innerText()), after: await loginCookies(context) };
}

const secure = { ignoreHTTPSErrors: true }; // the certificate is of a test authority
await main(async () => {
  await check('a response by form_post from another site finds its login', args.shots, async ({ context, picture }) => {
    const { during, response, user, after } = await login(context, picture, 'form-post', 'form-post');
    equal('the cookie', during, [{ host: true, secure: true, httpOnly: true, sameSite: 'None', path: '/' }]);
    equal('how the response came', response.request().method(), 'POST');
    equal('from where', (await response.request().allHeaders()).origin, args.provider);
    equal('status', response.status(), 200);
    equal('who', user.sub, 'alice');
    equal('cookies afterwards', after, []);
  }, secure);

  await check('a response by query needs no more than SameSite=Lax', args.shots, async ({ context, picture }) => {
    const { during, response, user, after } = await login(context, picture, 'basic', 'query');
    equal('the cookie', during, [{ host: true, secure: true, httpOnly: true, sameSite: 'Lax', path: '/' }]);
    equal('how the response came', response.request().method(), 'GET');
    equal('who', user.sub, 'alice');
    equal('cookies afterwards', after, []);
  }, secure);

  await check('a form_post response without its cookie is refused', args.shots, async ({ context }) => {
    const page = await context.newPage();
    await page.goto(`${args.app}/login/form-post`);
    await context.clearCookies({ domain: '127.0.0.1' });
    await page.fill('input[name=login]', 'alice');
    await page.fill('input[name=password]', 'password');
    await go(page, page.click('[type=submit]'));
    const back = page.waitForResponse((response) => response.url().startsWith(`${args.app}/authorize/form-post`));
    await page.click('[type=submit]');
    equal('status', (await back).status(), 400);
  }, secure);
});

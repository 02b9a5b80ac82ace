// A person in front of the demo: logs in by all three protocols, says no, uses two tabs at once.
//   node demo.mjs [--app http://127.0.0.1:8080] [--shots target/interop/demo]
import { parseArgs } from 'node:util';
import { check, equal, go, main } from './browser.mjs';

const { values: args } = parseArgs({ options: {
  app: { type: 'string', default: 'http://127.0.0.1:8080' }, shots: { type: 'string', default: 'target/interop/demo' },
} });
const PROTOCOLS = [['OAuth 1.0', 'oauth1'], ['OAuth 2.0', 'oauth2'], ['OpenID Connect', 'openid']];

const press = (page, name) => go(page, page.getByRole('button', { name, exact: true }).click());
const begin = async (page, protocol) => {
  await page.goto(args.app);
  await go(page, page.getByText(`Demo (${protocol})`, { exact: true }).click());
};
const enter = async (page, user) => {
  await page.fill('input[name=username]', user);
  await page.fill('input[name=password]', 'password');
  await press(page, 'Log in');
};
// A login in another tab changes the provider's session, and with it the forms of this one.
const again = async (page) => {
  await page.reload();
  if (await page.locator('input[name=username]').count()) await enter(page, 'alice');
};
const decide = (page, decision) => go(page, page.click(`button[name=decision][value=${decision}]`));
const text = (page) => page.locator('main').innerText();
const has = async (page, ...words) => {
  const all = await text(page);
  for (const word of words) equal(`"${word}" on the page: ${all}`, all.includes(word), true);
};

await main(async () => {
  for (const [protocol, short] of PROTOCOLS) {
    await check(`log in by ${protocol}, call the API, log out`, args.shots, async ({ context, strayed, complaints, picture }) => {
      const page = await context.newPage();
      await begin(page, protocol);
      await picture(page, `${short}-1-login`);
      await enter(page, 'alice');
      await picture(page, `${short}-2-consent`);
      await decide(page, 'allow');
      equal('the address', page.url(), `${args.app}/`);
      await has(page, 'Hello, Alice', `Demo (${protocol})`, 'What was checked', 'alice@example');
      await picture(page, `${short}-3-signed-in`);
      await go(page, page.getByText('Call the API with the token').click());
      equal('JSON of the API', typeof JSON.parse(await page.locator('pre').innerText()), 'object');
      await picture(page, `${short}-4-api`);
      await go(page, page.getByText('Back', { exact: true }).click());
      await press(page, 'Log out');
      equal('the address after the logout', page.url(), `${args.app}/`);
      equal('buttons after the logout', await page.getByText(/^Demo \(/).count(), 3);
      await begin(page, protocol);
      // Only OpenID Connect logs out at the provider as well.
      equal('the provider asks who it is', await page.locator('input[name=username]').count(), protocol === 'OpenID Connect' ? 1 : 0);
      equal('requests that left the machine', strayed, []);
      equal('complaints of the browser', complaints, []);
    });

    await check(`say no by ${protocol}, then try again`, args.shots, async ({ context, picture }) => {
      const page = await context.newPage();
      await begin(page, protocol);
      await enter(page, 'alice');
      const callback = page.waitForResponse((response) => new URL(response.url()).pathname.startsWith('/authorize/demo-'));
      await decide(page, 'deny');
      equal('status', (await callback).status(), 401);
      await has(page, 'access_denied');
      await picture(page, `${short}-5-denied`);
      await go(page, page.getByText(/^Start again/).click());
      if (await page.locator('input[name=username]').count()) await enter(page, 'alice');
      await decide(page, 'allow');
      await has(page, 'Hello, Alice', `Demo (${protocol})`);
    });
  }

  await check('two tabs at once, one by OAuth 1.0 and one by OpenID Connect', args.shots, async ({ context, picture }) => {
    const [one, two] = [await context.newPage(), await context.newPage()];
    await begin(one, 'OAuth 1.0');
    await begin(two, 'OpenID Connect');
    await enter(one, 'alice');
    await again(two);
    await decide(two, 'allow');
    await has(two, 'Hello, Alice', 'Demo (OpenID Connect)');
    await again(one);
    await decide(one, 'allow');
    await has(one, 'Hello, Alice', 'Demo (OAuth 1.0)');
    await picture(one, 'two-tabs-1');
    await picture(two, 'two-tabs-2');
  });

  await check('two tabs at once by the same protocol', args.shots, async ({ context }) => {
    const [one, two] = [await context.newPage(), await context.newPage()];
    await begin(one, 'OpenID Connect');
    await begin(two, 'OpenID Connect');
    await enter(one, 'alice');
    await decide(one, 'allow');
    await has(one, 'Hello, Alice', 'Demo (OpenID Connect)');
    await again(two);
    if (await two.locator('button[name=decision]').count()) await decide(two, 'allow');
    await has(two, 'Hello, Alice', 'Demo (OpenID Connect)');
  });

  await check('a callback works once, and not in another browser', args.shots, async ({ context, picture }) => {
    const page = await context.newPage();
    const callbacks = [];
    context.on('request', (request) => {
      if (new URL(request.url()).pathname.startsWith('/authorize/demo-')) callbacks.push(request.url());
    });
    await begin(page, 'OpenID Connect');
    await enter(page, 'alice');
    await decide(page, 'allow');
    equal('callbacks', callbacks.length, 1);
    const again = await page.goto(callbacks[0]);
    equal('status of the second use', again.status(), 400);
    equal('the code on the page', (await page.content()).includes(new URL(callbacks[0]).searchParams.get('code')), false);
    await picture(page, 'used-twice');
    const stranger = await context.browser().newPage();
    equal("a stranger's status", (await stranger.goto(callbacks[0])).status(), 400);
    await stranger.close();
  });

  await check('on a phone, in the dark', args.shots, async ({ context, picture }) => {
    const page = await context.newPage();
    await page.goto(args.app);
    await picture(page, 'phone-1-start');
    await begin(page, 'OpenID Connect');
    await picture(page, 'phone-2-login');
    await enter(page, 'alice');
    await decide(page, 'allow');
    await picture(page, 'phone-3-signed-in');
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    equal('pixels that one has to scroll sideways', Math.max(wider, 0), 0);
  }, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, colorScheme: 'dark' });
});

// A person in front of the small examples of one framework, which run with --demo: the smallest login, and
// the one with sessions; and of the ready-made routes, at --signed-in, with their provider on another site.
//   node frameworks.mjs --name axum --login http://127.0.0.1:3000 --sessions http://127.0.0.1:3001
//     --signed-in http://localhost:3002 --provider http://127.0.0.1:3003 [--shots target/interop/frameworks]
import { parseArgs } from 'node:util';
import { check, equal, go, main } from './browser.mjs';

const { values: args } = parseArgs({ options: {
  name: { type: 'string' }, login: { type: 'string' }, sessions: { type: 'string' },
  'signed-in': { type: 'string' }, provider: { type: 'string' },
  shots: { type: 'string', default: 'target/interop/frameworks' },
} });

const press = (page, name) => go(page, page.getByRole('button', { name, exact: true }).click());
const enter = async (page, user) => {
  await page.fill('input[name=username]', user);
  await page.fill('input[name=password]', 'password');
  await press(page, 'Log in');
};
const has = async (page, word) => {
  const all = await page.locator('main').innerText();
  equal(`"${word}" on the page: ${all}`, all.includes(word), true);
};

await main(async () => {
  await check(`${args.name}: the smallest login, and a no`, args.shots, async ({ context, strayed, complaints, picture }) => {
    const page = await context.newPage();
    await page.goto(`${args.login}/login`);
    await enter(page, 'alice');
    await press(page, 'Deny');
    equal('what a no is answered with', await page.locator('body').innerText(), 'The sign-in was declined. You can start again.');
    await page.goto(`${args.login}/login`);
    await press(page, 'Allow');
    const user = JSON.parse(await page.locator('body').innerText());
    equal('who', [user.sub, user.name], ['user-alice', 'Alice']);
    await picture(page, `${args.name}-login`);
    equal('cookies of logins', (await context.cookies(args.login)).filter((cookie) => cookie.name.includes('oauth-login')), []);
    equal('requests that left the machine', strayed, []);
    equal('complaints of the browser', complaints, []);
  });

  await check(`${args.name}: a session begins with a login and ends with the button`, args.shots, async ({ context, picture }) => {
    const page = await context.newPage();
    await page.goto(args.sessions);
    await go(page, page.getByText('Log in with GitHub', { exact: true }).click());
    await enter(page, 'alice');
    await press(page, 'Allow');
    equal('the address', page.url(), `${args.sessions}/`);
    await has(page, 'Hello, Alice');
    await picture(page, `${args.name}-session`);
    await go(page, page.getByText('What GitHub knows', { exact: true }).click());
    equal('the API', JSON.parse(await page.locator('body').innerText()).login, 'alice');
    await page.goto(args.sessions);
    await press(page, 'Log out');
    await has(page, 'Log in with Google');
  });

  await check(`${args.name}: a logout at the provider ends the sign-in by a frame, which has no cookie`, args.shots, async ({ context, strayed, picture }) => {
    const app = args['signed-in'];
    const page = await context.newPage();
    const who = async (path) => {
      const answer = await page.goto(`${app}${path}`);
      return [answer.status(), await page.locator('body').innerText()];
    };
    equal('nobody at first', (await who('/me'))[0], 401);
    await page.goto(`${app}/login/openid?next=/me`);
    await enter(page, 'alice');
    await press(page, 'Allow');
    equal('who', [page.url(), await page.locator('body').innerText()], [`${app}/me`, 'Alice']);
    const framed = page.waitForRequest((request) => request.url().startsWith(`${app}/logout/openid/front-channel?`));
    await page.goto(`${args.provider}/logout`);
    await press(page, 'Log out');
    equal('what the frame sends', (await (await framed).allHeaders()).cookie, undefined);
    equal('what the frame is answered', (await (await framed).response()).status(), 200);
    await picture(page, `${args.name}-logged-out`);
    equal('then', [(await who('/me'))[0], (await who('/maybe'))[1]], [401, 'nobody']);
    equal('requests that left the machine', strayed, []);
  });
});

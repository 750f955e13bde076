import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Command } from 'commander';
import { EventProducerStack } from '../lib/stack/event-producer-stack.ts';
import { dashboardBody } from '../lib/stack/monitoring/picture/dashboard-body.ts';
import { drawPage } from '../lib/stack/monitoring/picture/draw-page.ts';
import { dashboardPage } from '../lib/stack/monitoring/picture/page.ts';
import { defaultStackName } from '../lib/stack/outputs.ts';
import { runCommand } from '../lib/terminal/command.ts';

const picture = 'docs/dashboard.png';

await runCommand(
  new Command('npm run draw:dashboard').description(`Draws ${picture}, with sample data, in a Chromium.`),
  async () => {
    const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
    const page = dashboardPage(
      dashboardBody(Template.fromStack(new EventProducerStack(app, defaultStackName))),
    );
    drawPage(page, picture);
    console.log(`${picture}: ${page.width} x ${page.height} pixels`);
    return 0;
  },
  { example: 'npm run draw:dashboard' },
);

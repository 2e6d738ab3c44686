/** Help texts of the commands. */

export const START_HELP = `npm start [-- options]
Brings up nats-server, Kafka and the workers, and runs until Ctrl-C. Data is kept in .weir between runs.

Options
  --runtime node|bun|deno   what runs the workers (default: node, the pinned one)
  --fuse sales,rfm          run these services in one process: each frame is read once
  --scale rfm=3             start with so many workers of a service
  --cdc                     real change data capture: PostgreSQL and Debezium come up, too; the demo writes to PostgreSQL
  --sink postgres|dynamodb|all   results go there, too; may be repeated. Without one named below, it comes up with the mesh
  --no-demo                 no demo orders
  --help                    this text

Environment
  NATS_URL                  use this nats-server (2.11 or newer, with JetStream) instead of starting one
  KAFKA_BOOTSTRAP_SERVERS   use this Kafka instead of starting one; turns off the demo orders, and what writes results
                            to Kafka (--scale egress=1 turns that on)
  KAFKA_USERNAME, ...       how to reach it: see shared/kafka/README.md
  WEIR_ROUTES               which topics become what: see shared/config/routes.md
  SCHEMA_REGISTRY_URL       use this schema registry instead of starting one
  DATABASE_URL              with --cdc: capture this PostgreSQL instead of starting one; turns the demo orders off
                            with --sink postgres: results go there (or to PG_HOST, ...: services/sink-postgres/README.md)
  DYNAMODB_ENDPOINT         with --sink dynamodb: results go there, for example https://dynamodb.eu-central-1.amazonaws.com;
                            DynamoDB Local, which is started without it, listens on every interface, asks for no login,
                            and keeps its tables in memory: they are filled anew at each start
  WEIR_GATEWAY_PORT         8080    } a busy port is named,
  WEIR_NATS_PORT            4222    } and the next free one
  WEIR_NATS_MONITOR_PORT    8222    } taken and printed
  WEIR_KAFKA_PORT           9092    }
  WEIR_KAFKA_CONTROLLER_PORT 9093   }
  WEIR_SCHEMA_REGISTRY_PORT 8081    }
  WEIR_POSTGRES_PORT        5432    }
  WEIR_CONNECT_PORT         8083    }
  WEIR_DYNAMODB_PORT        8000    }
  WEIR_NATS_SYNC            2m      how often nats-server syncs its files; "always": before every ack
  WEIR_DATA_DIR             .weir   data, logs, the launcher's state
  WEIR_CACHE                ~/.cache/weir   nats-server and Kafka, downloaded or built once per user

A second start beside a running one says so, changes nothing, and ends with 0.
See also: npm run mesh -- help, npm run bridge -- help, npm run reset
`;

export const MESH_HELP = `npm run mesh -- <command>
  status                    servers and workers, and what the gateway says of the mesh
  scale rfm=3               run so many workers of a service
  restart rfm               restart the workers of a service one after the other, or one worker: restart rfm-2
  logs rfm [--no-follow]    follow the log of a service, a worker, nats-server, kafka, postgres,
                            connect or dynamodb
  generate TOPIC            send made-up records to a topic: order_events, activity_events, install_events, orders,
                            dbserver1.public.orders (order_items, products), content-downloads, maip.order.created ...
    --count 500             how many (default: 100)
    --user-prefix test      of users test_001 to test_100 instead of user_001 to user_100
    --seed 7                what they are (default: others each time)
    --rate 50               so many a second, with the times at which they are sent; else all at once, with times spread
                            over the last five minutes (the services count those too late that are behind their watermark)
    --dry-run               show the first five, and send nothing
  backtest <pattern>        replay the events that the mesh keeps, and print what a pattern would have matched: a JSON file
                            (shared/cep/json/README.md) or an example; see backtest --help
  stop                      stop everything, as Ctrl-C does
`;

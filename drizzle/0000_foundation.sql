CREATE TABLE `api_key` (
	`id` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`role` text NOT NULL,
	`organisation` text NOT NULL,
	`label` text NOT NULL,
	`createdAt` integer NOT NULL,
	`revokedAt` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_key_hash` ON `api_key` (`hash`);--> statement-breakpoint
CREATE INDEX `api_key_organisation` ON `api_key` (`organisation`,`createdAt`);--> statement-breakpoint
CREATE TABLE `audit` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation` text NOT NULL,
	`scope` text NOT NULL,
	`ok` integer NOT NULL,
	`result` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_at` ON `audit` (`at`,`id`);--> statement-breakpoint
CREATE TABLE `batch` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation` text NOT NULL,
	`product` text NOT NULL,
	`status` text NOT NULL,
	`lot` text NOT NULL,
	`mode` text NOT NULL,
	`category` text NOT NULL,
	`gtin` text,
	`quantity` integer NOT NULL,
	`terms` text NOT NULL,
	`valueUsdCents` integer,
	`start` integer,
	`spanLevel` integer,
	`root` blob,
	`chainLevels` integer DEFAULT 0 NOT NULL,
	`issued` integer DEFAULT 0 NOT NULL,
	`withPin` integer DEFAULT false NOT NULL,
	`reason` text,
	`requestedAt` integer NOT NULL,
	`decidedAt` integer,
	`readyAt` integer,
	`closedAt` integer,
	`expiresAt` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `batch_start` ON `batch` (`start`);--> statement-breakpoint
CREATE INDEX `batch_organisation` ON `batch` (`organisation`,`requestedAt`,`id`);--> statement-breakpoint
CREATE INDEX `batch_requested` ON `batch` (`requestedAt`,`id`);--> statement-breakpoint
CREATE INDEX `batch_product` ON `batch` (`product`,`start`);--> statement-breakpoint
CREATE INDEX `batch_status` ON `batch` (`status`,`requestedAt`);--> statement-breakpoint
CREATE TABLE `batch_hash` (
	`batch` text NOT NULL,
	`level` integer NOT NULL,
	`page` integer NOT NULL,
	`hashes` blob NOT NULL,
	PRIMARY KEY(`batch`, `level`, `page`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `chain` (
	`id` integer PRIMARY KEY NOT NULL,
	`of` text NOT NULL,
	`length` integer NOT NULL,
	`head` blob
);
--> statement-breakpoint
CREATE UNIQUE INDEX `chain_of` ON `chain` (`of`);--> statement-breakpoint
CREATE TABLE `checkpoint` (
	`id` integer PRIMARY KEY NOT NULL,
	`size` integer NOT NULL,
	`note` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `clearance` (
	`index` integer PRIMARY KEY NOT NULL,
	`ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `code_state` (
	`start` integer PRIMARY KEY NOT NULL,
	`end` integer NOT NULL,
	`status` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `disclosure` (
	`index` integer NOT NULL,
	`digest` text NOT NULL,
	`tier` text NOT NULL,
	`text` text NOT NULL,
	PRIMARY KEY(`index`, `digest`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `epoch` (
	`number` integer PRIMARY KEY NOT NULL,
	`keyCheck` text NOT NULL,
	`begunAt` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `event` (
	`index` integer PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`at` integer NOT NULL,
	`organisation` text NOT NULL,
	`statement` text NOT NULL,
	`unit` integer,
	`to` text,
	`carrier` text,
	`recall` text,
	`corrects` integer,
	`correctedBy` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `event_statement` ON `event` (`organisation`,`statement`);--> statement-breakpoint
CREATE INDEX `event_organisation` ON `event` (`organisation`,`index`);--> statement-breakpoint
CREATE TABLE `file` (
	`digest` text PRIMARY KEY NOT NULL,
	`mediaType` text NOT NULL,
	`name` text NOT NULL,
	`organisation` text NOT NULL,
	`sizeBytes` integer NOT NULL,
	`bytes` blob NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `idempotency` (
	`owner` text NOT NULL,
	`key` text NOT NULL,
	`requestDigest` text NOT NULL,
	`first` integer NOT NULL,
	`count` integer NOT NULL,
	`body` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`owner`, `key`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `idempotency_at` ON `idempotency` (`at`);--> statement-breakpoint
CREATE TABLE `link` (
	`chain` integer NOT NULL,
	`n` integer NOT NULL,
	`index` integer NOT NULL,
	`at` integer NOT NULL,
	`part` integer NOT NULL,
	`move` integer NOT NULL,
	PRIMARY KEY(`chain`, `n`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `link_at` ON `link` (`chain`,`at`,`index`);--> statement-breakpoint
CREATE INDEX `link_move` ON `link` (`chain`,`move`,`at`,`index`);--> statement-breakpoint
CREATE TABLE `meta` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `node` (
	`start` integer NOT NULL,
	`level` integer NOT NULL,
	`chain` integer NOT NULL,
	PRIMARY KEY(`start`, `level`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `node_chain` ON `node` (`chain`);--> statement-breakpoint
CREATE TABLE `organisation` (
	`id` text PRIMARY KEY NOT NULL,
	`role` text NOT NULL,
	`status` text NOT NULL,
	`scheme` text NOT NULL,
	`number` text NOT NULL,
	`country` text NOT NULL,
	`province` text,
	`filing` text NOT NULL,
	`reason` text,
	`signingKey` text,
	`autoApprove` integer DEFAULT false NOT NULL,
	`quota` integer,
	`filedAt` integer NOT NULL,
	`decidedAt` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `organisation_number` ON `organisation` (`scheme`,`number`,`country`) WHERE status <> 'declined';--> statement-breakpoint
CREATE INDEX `organisation_filed` ON `organisation` (`filedAt`,`id`);--> statement-breakpoint
CREATE TABLE `pin_state` (
	`key` integer PRIMARY KEY NOT NULL,
	`state` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `product` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation` text NOT NULL,
	`status` text NOT NULL,
	`gtin` text,
	`category` text NOT NULL,
	`filing` text NOT NULL,
	`reason` text,
	`filedAt` integer NOT NULL,
	`decidedAt` integer
);
--> statement-breakpoint
CREATE INDEX `product_organisation` ON `product` (`organisation`,`filedAt`,`id`);--> statement-breakpoint
CREATE INDEX `product_filed` ON `product` (`filedAt`,`id`);--> statement-breakpoint
CREATE INDEX `product_gtin` ON `product` (`gtin`);--> statement-breakpoint
CREATE TABLE `recall` (
	`id` text PRIMARY KEY NOT NULL,
	`status` text NOT NULL,
	`organisation` text NOT NULL,
	`terms` text NOT NULL,
	`codes` integer NOT NULL,
	`reach` text NOT NULL,
	`createdAt` integer NOT NULL,
	`confirmedAt` integer,
	`liftedAt` integer
);
--> statement-breakpoint
CREATE INDEX `recall_status` ON `recall` (`status`,`createdAt`);--> statement-breakpoint
CREATE TABLE `recall_range` (
	`recall` text NOT NULL,
	`start` integer NOT NULL,
	`end` integer NOT NULL,
	PRIMARY KEY(`recall`, `start`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `record` (
	`index` integer PRIMARY KEY NOT NULL,
	`bytes` blob NOT NULL,
	`leaf` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `scan_block` (
	`sequence` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`sightings` integer NOT NULL,
	`scans` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `scan_page` (
	`number` integer PRIMARY KEY NOT NULL,
	`through` integer NOT NULL,
	`slots` blob NOT NULL,
	`hot` blob
);
--> statement-breakpoint
CREATE TABLE `scan_totals` (
	`id` integer PRIMARY KEY NOT NULL,
	`through` integer NOT NULL,
	`tail` integer NOT NULL,
	`totals` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `tree_hash` (
	`level` integer NOT NULL,
	`index` integer NOT NULL,
	`hash` blob NOT NULL,
	PRIMARY KEY(`level`, `index`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `unit` (
	`chain` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`salt` blob NOT NULL,
	`latestWithin` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `unit_id` ON `unit` (`id`);--> statement-breakpoint
CREATE TABLE `vehicle` (
	`vin` text PRIMARY KEY NOT NULL,
	`key` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `vehicle_key` ON `vehicle` (`key`);
-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

---@class ph.clusters
---@field clusters integer how many
---@field centres ph.tensor (clusters, features), the means of the clusters
---@field labels integer[] of each sample the number of its cluster, from 0
---@field inertia number the sum of the samples' squared distances from their centres
---@field iterations integer of the best run
---@field silhouette number? where `clusters` was a list: the mean silhouette, or -1 where all samples are in one cluster
---@field silhouettes table<integer, number>? and that of each number of clusters

--- Divides samples into clusters, by Lloyd's algorithm from centres by k-means++ (Arthur and Vassilvitskii, "k-means++: the
--- advantages of careful seeding", 2007): of several restarts that with the least inertia. Of a list of numbers of
--- clusters, the one with the greatest mean silhouette is taken. The same seed gives the same bits, whatever the number
--- of threads. Raises for more clusters than samples, and for numbers that are not finite.
---
--- The units of each place of a layer as samples, and what ten clusters of them look for:
---
---   local units, maps = net:activation("mixed4a"), net:maps(224, 224).mixed4a
---   local x = units:reshape({ maps.units, -1 }):transpose()             -- (places, units)
---   local found = ph.kmeans(x, { clusters = 10 })
---   ph.render { net, ph.direction("mixed4a", found.centres:slice(0, 0):values()) }
---@param x ph.tensor samples (n, features)
---@param options { clusters: integer|integer[], restarts: integer?, iterations: integer?, tolerance: number?, seed: integer?, progress: boolean? }
--- restarts: 10; iterations: at most so many of each, 300; tolerance: a run ends when an iteration lowers the inertia by no
--- more than this share of it, 1e-4; seed: 1
---@return ph.clusters
function ph.kmeans(x, options) end

--- The mean silhouette of samples that are divided into clusters (Rousseeuw, 1987): (b - a) / max(a, b), where a is a
--- sample's mean distance to the others of its cluster and b the least mean distance to those of another one; 0 for a
--- sample by itself. From -1 to 1, and near 1 where clusters are dense and apart. Time by the square of the number of
--- samples; `ph.kmeans` draws 4096 of more. Raises unless there are labels of at least two clusters.
---@param x ph.tensor samples (n, features)
---@param labels integer[] from 0, one for each sample
---@return number
function ph.silhouette(x, labels) end

---@class ph.principal_components
---@field mean ph.tensor (features)
---@field components ph.tensor (components, features), orthonormal rows, the largest variance first; the element of the
--- largest magnitude is positive
---@field explained_variance ph.tensor (components), with n - 1 as divisor
---@field explained_variance_ratio ph.tensor (components), its share of the whole variance
---@field scores ph.tensor (n, components), the samples along the components: (x - mean) components'

--- Principal components of samples, exact: from the eigenvectors of the smaller of the two Gram matrices (Jolliffe,
--- "Principal Component Analysis", 2002). Of more features than samples, components without variance are 0. Raises for
--- fewer than two samples, for numbers that are not finite, and where both samples and features are more than 4096.
---@param x ph.tensor samples (n, features)
---@param options { components: integer? }? how many; as many as there are
---@return ph.principal_components
function ph.pca(x, options) end

---@class ph.factorisation
---@field weights ph.tensor (n, components), not negative
---@field components ph.tensor (components, features), not negative
---@field error number the Frobenius norm of x - weights components
---@field iterations integer

--- Samples as weighted sums of few components, all of them not negative, with the least Frobenius norm of what is left:
--- hierarchical alternating least squares (Cichocki and Phan, 2009) from NNDSVD (Boutsidis and Gallopoulos, 2008), in which
--- nothing is random. The error never rises. Raises for samples that are negative or not finite, for more components than
--- samples or features, and where both of these are more than 4096.
---@param x ph.tensor samples (n, features), such as activations after a ReLU
---@param options { components: integer, iterations: integer?, tolerance: number?, progress: boolean? }
--- iterations: at most so many, 200; tolerance: it ends when ten iterations lower the error by no more than this share of
--- the first one, 1e-4
---@return ph.factorisation
function ph.nmf(x, options) end

--- Lays samples out in few dimensions, so that neighbours stay neighbours: t-SNE (van der Maaten and Hinton, "Visualizing
--- data using t-SNE", 2008), exact: time and memory by the square of the number of samples, 20 bytes for each pair. The first
--- 250 iterations have a momentum of 0.5 and exaggerated affinities, the others a momentum of 0.8. The same options give
--- the same bits, whatever the number of threads. Raises for a perplexity that so few samples do not have, and for
--- numbers that are not finite.
---@param x ph.tensor samples (n, features), at least 4
---@param options { dimensions: integer?, perplexity: number?, iterations: integer?, early_exaggeration: number?, learning_rate: number?, init: ("pca"|"random")?, seed: integer?, progress: boolean? }?
--- dimensions: 2; perplexity: about how many neighbours count, 1 to less than n - 1: 30, or a third of n - 1 if that is
--- less; iterations: 1000; early_exaggeration: 12; learning_rate: n / early_exaggeration / 4, at least 50; init: the
--- principal components, or normals, as small, by the seed, 1
---@return { layout: ph.tensor, kl_divergence: number } # layout: (n, dimensions)
function ph.tsne(x, options) end
